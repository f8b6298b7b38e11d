import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';

/**
 * Opens a file that a container left: a regular file and no link, so that nothing of the host is read in its place.
 * `undefined` when there is no file of that name.
 */
async function openUntrusted(path: string, maxBytes: number): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ELOOP') throw refused(path, 'it is a symbolic link');
    throw error;
  });
  if (file === undefined) return undefined;
  const found = await file.stat();
  if (found.isFile() && found.size <= maxBytes) return file;
  await file.close();
  throw refused(
    path,
    found.isFile() ? `it has ${found.size} bytes, more than ${maxBytes}` : 'it is not a regular file',
  );
}

/** The text of a file that a container left, or undefined when there is none. @throws Failure `build-failure` */
export async function readUntrusted(path: string, maxBytes: number): Promise<string | undefined> {
  const file = await openUntrusted(path, maxBytes);
  if (file === undefined) return undefined;
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Size and digest of a file that a container left; reading it ends when the signal aborts.
 *
 * @throws Failure `build-failure` when it is not a plain file; the reason of the signal
 */
export async function digestUntrusted(
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<{ sha256: string; size: number }> {
  const file = await openUntrusted(path, maxBytes);
  if (file === undefined) throw refused(path, 'it is not there');
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * A directory that a container left, which is about to be read or mounted: itself and no link to somewhere on the host.
 *
 * @throws Failure `build-failure`
 */
export async function plainDirectory(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory()) return path;
  throw refused(path, found ? 'it is not a directory' : 'it is not there');
}

function refused(path: string, why: string): Failure {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return new Failure('build-failure', `${name} cannot be taken from the build: ${why}.`);
}
