import { lstat, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { type BuildOsiOrder, type BuildResult, Failure, OSI_RESULT_FILE } from '@fatbuildr/domain';
import { type ImageSettings, packedAs } from '@fatbuildr/formats';
import type { Build } from '../build/build.ts';
import { handIn, type ResultFile, resultFiles } from '../build/result-files.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import type { OrderedImage } from './inspect.ts';
import { OUTPUT } from './mkosi.ts';

/** Takes what mkosi made, as files, with one of their checksums, and sends it to the api. */
export async function collect(
  build: Build<BuildOsiOrder>,
  image: OrderedImage,
  settings: ImageSettings,
): Promise<BuildResult> {
  const { job, directory } = build;
  const { name, version, stem } = image;
  const extension = packedAs(settings);
  if (extension !== undefined) await pack(build, stem, extension);
  await removeLinks(directory.result);
  const allowed = (file: string) => OSI_RESULT_FILE.test(file) && file.startsWith(`${stem}.`);
  const files = await resultFiles(job, directory.result, allowed);
  if (files.length === 0) throw new Failure('build-failure', 'mkosi left no image.');
  await writeChecksums(join(directory.result, `${stem}.SHA256SUMS`), files);
  return { source: { name, version }, files: await handIn(job, await resultFiles(job, directory.result, allowed)) };
}

/** An image that is a directory becomes a tar of it, with its owners. */
async function pack(build: Build<BuildOsiOrder>, stem: string, extension: string): Promise<void> {
  const { host, job, directory, image } = build;
  const tree = join(directory.result, stem);
  const found = await lstat(tree).catch(() => undefined);
  if (!found?.isDirectory()) throw new Failure('build-failure', 'mkosi left no directory, which the image is to be.');
  const exit = await runInImage(host, job, image.root, {
    name: 'pack',
    command: [
      'tar',
      ...['--create', '--file', `${OUTPUT}/${stem}.${extension}`, '--directory', `${OUTPUT}/${stem}`],
      ...['--numeric-owner', '--xattrs', '--sort=name', '.'],
    ],
    mounts: [{ source: directory.result, target: OUTPUT }],
  });
  if (exitStatus(exit) !== 0) {
    throw new Failure('infrastructure-failure', `tar could not pack the image: it ended with ${exitStatus(exit)}.`, {
      hint: 'Its last lines in the log say why; mostly there is no room.',
    });
  }
  await removeTree(tree);
}

/** mkosi links the image's name to its newest version. */
async function removeLinks(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await unlink(join(directory, entry.name));
  }
}

async function writeChecksums(path: string, files: readonly ResultFile[]): Promise<void> {
  await writeFile(path, files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''), { flag: 'wx' });
}
