import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TaskDetail } from '@fatbuildr/domain';
import { makeTar } from '@fatbuildr/testing/deb';
import type { Built } from '../farm.ts';
import { type Files, scratch } from '../packages.ts';
import { cacheSource } from '../sources.ts';
import { farm } from '../this-farm.ts';
import { rpmFiles, type TinyRpm, upstreamFiles } from './cases.ts';

/** An artifact definition, its tarball in the farm's source cache; returns its directory. `files` come beside or in place. */
export async function rpmDefinition(tiny: TinyRpm, files: Files = {}): Promise<string> {
  const sha256 = await cacheSource(gzipSync(await makeTar(upstreamFiles(tiny))));
  const directory = join(await scratch(), tiny.name);
  for (const [path, text] of Object.entries({ ...rpmFiles(tiny, sha256), ...files })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

/** Builds for the instance of RPM packages. */
export function buildRpm(path: string, ...args: string[]): Promise<Built> {
  return farm.build([path, '--instance', 'rpms', '-d', 'el9', ...args]);
}

/** How the job that builds ended, and what it said. */
export function buildJob(task: TaskDetail | undefined) {
  return task?.jobs.find(({ name }) => name.startsWith('build:'));
}

/** The bytes of a file that a build left, as its user downloads it. */
export async function artifact(task: TaskDetail, suffix: string): Promise<Buffer> {
  const found = task.artifacts.find(({ name }) => name.endsWith(suffix));
  if (!found) throw new Error(`no ${suffix} among ${task.artifacts.map(({ name }) => name).join(', ')}`);
  const into = await scratch();
  const { status, stderr } = await farm.ctl(['download', task.id, '--output', into]);
  if (status !== 0) throw new Error(`not downloaded: ${stderr}`);
  return readFile(join(into, found.name));
}
