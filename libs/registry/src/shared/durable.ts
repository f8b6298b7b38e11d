import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a whole file or nothing: temp in `scratch` (on the same file system) → fsync → rename → fsync of its directory.
 *
 * @param modified its modification time, now by default
 * @param content bytes, or chunks of them; throwing while they come leaves nothing behind
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  scratch: string,
  modified?: Date,
): Promise<void> {
  const temporary = join(scratch, `${randomBytes(8).toString('hex')}-${basename(path).slice(0, 100)}`);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(content);
      if (modified) await file.utimes(modified, modified);
      await file.sync();
    } finally {
      await file.close();
    }
    await makeDirectory(dirname(path));
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes `path` another name of `target` in one step, replacing what is there. @returns false when it is one already */
export async function relink(target: string, path: string, scratch: string): Promise<boolean> {
  if (await isSameFile(target, path)) return false;
  await makeDirectory(dirname(path));
  await replace(path, scratch, (temporary) => link(target, temporary));
  return true;
}

/** Puts what `make` makes, under the name that it is given, in the place of `path` in one step. */
export async function replace(
  path: string,
  scratch: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(scratch, randomBytes(12).toString('hex'));
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes a directory and those above it, each entered durably. */
async function makeDirectory(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = dir; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const LARGEST_CHUNK = 1 << 20;

/**
 * The bytes of a file, in large chunks.
 *
 * @param size about how many there are: a chunk takes its memory whole, and many small files would take much
 */
export function chunksOf(path: string, size: number): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: Math.min(Math.max(size + 1, 4096), LARGEST_CHUNK) });
}

/** Size and sha256 of a file. @param about how many bytes it is expected to have */
export async function digestFile(path: string, about = LARGEST_CHUNK): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunksOf(path, about)) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}

/** Size in bytes, or undefined when there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a), stat(b).catch(() => undefined)]);
  return first.ino === second?.ino && first.dev === second.dev;
}
