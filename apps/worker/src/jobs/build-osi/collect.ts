import { lstat, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { type BuildOsiOrder, type BuildResult, Failure } from '@fatbuildr/domain';
import { extensionOf, type ImageSettings, isDirectory } from '@fatbuildr/formats';
import type { Build } from '../build/build.ts';
import { handIn, type ResultFile, resultFiles } from '../build/result-files.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { checkImageFiles, isOfImage } from './image-files.ts';
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
  const extension = extensionOf(settings);
  await removeLinks(directory.result);
  await removeParts(directory.result, stem, settings.parts);
  if (isDirectory(settings)) await pack(build, stem, extension ?? 'tar');
  const checksums = `${stem}.SHA256SUMS`;
  const take = () => resultFiles(job, directory.result, isOfImage(stem), `called as a file of the image: ${stem}.KIND`);
  const files = await take();
  checkImageFiles(files, { stem, extension, checksums });
  await writeChecksums(join(directory.result, checksums), files);
  return { source: { name, version }, files: await handIn(job, await take()) };
}

/** The images that this one was made of are not wanted themselves. */
async function removeParts(directory: string, stem: string, parts: readonly string[]): Promise<void> {
  const isPart = (name: string) => parts.some((part) => name === part || name.startsWith(`${part}.`));
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (name === stem || name.startsWith(`${stem}.`) || !isPart(name)) continue;
    if (entry.isDirectory()) await removeTree(join(directory, name));
    else await unlink(join(directory, name));
  }
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

/** mkosi links the image's name to its newest version; nothing here may lead elsewhere. */
async function removeLinks(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await unlink(join(directory, entry.name));
  }
}

async function writeChecksums(path: string, files: readonly ResultFile[]): Promise<void> {
  await writeFile(path, files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''), { flag: 'wx' });
}
