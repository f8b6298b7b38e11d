import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '@fatbuildr/domain';
import { type Packing, tarStream } from '../archive/decompress.ts';
import { extractArchive } from '../archive/extract.ts';
import { upstreamLimits } from '../archive/limits.ts';

/** What dpkg-source takes for an original tarball (dpkg-source(1), format 3.0). */
const origExtensions: Partial<Record<Packing, string>> = { gz: 'gz', bz2: 'bz2', xz: 'xz', lzma: 'lzma' };

/** An upstream archive and what it becomes. */
export interface Upstream {
  archive: string;
  /** The archive's name for messages. */
  filename: string;
  /** The source tree to make; must not exist. */
  tree: string;
  /** The original tarball to make, without what says how it is packed: `hello_2.10.orig.tar`. */
  orig: string;
}

/**
 * Unpacks an upstream archive, without the directory all of it is in, and makes the original tarball.
 *
 * Where dpkg-source takes the archive as it is, its bytes are upstream's own; else it is packed anew with xz, always
 * to the same bytes, since the tarball of a version is published once and must not change between builds.
 */
export async function unpackUpstream({ archive, filename, tree, orig }: Upstream): Promise<void> {
  const opened = `${tree}.opened`;
  const packing = await extractArchive(archive, opened, filename, upstreamLimits);
  const entries = await readdir(opened, { withFileTypes: true });
  const [only] = entries;
  if (entries.length === 1 && only?.isDirectory()) {
    await rename(join(opened, only.name), tree);
    await rm(opened, { recursive: true });
  } else {
    await rename(opened, tree);
  }
  const extension = origExtensions[packing];
  if (extension !== undefined) await copyFile(archive, `${orig}.${extension}`);
  else await repack(archive, packing, filename, `${orig}.xz`);
}

/** Makes room for a component's tree inside the main one, as dpkg-source does. */
export async function replaceDirectory(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

/** An empty directory for a build of this name. */
export async function freshDirectory(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

export async function repack(archive: string, packing: Packing, filename: string, target: string): Promise<void> {
  const xz = spawn('xz', ['-zc', '-6', '-T1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Failure('infrastructure-failure', `xz cannot pack ${target}: ${why}`));
    xz.once('error', ({ message }) => fail(message));
    xz.once('close', (status) => (status === 0 ? resolve() : fail(`it ended with status ${status}`)));
  });
  await Promise.all([
    pipeline(tarStream(archive, packing, filename), xz.stdin),
    pipeline(xz.stdout, createWriteStream(target)),
    ended,
  ]);
}
