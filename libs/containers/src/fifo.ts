import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Makes a real pipe and gives it to `open` by its name, which is gone afterwards. Node gives its children sockets, and a
 * build that opens `/dev/stdin` or `/dev/stdout` by name fails on those (ENXIO); for all because a build's ordinary user
 * opens them too.
 */
export async function withFifo<T>(open: (path: string) => T): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-pipe-'));
  try {
    const path = join(directory, 'pipe');
    await execa('mkfifo', [path]);
    await chmod(path, 0o666);
    return open(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
