import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Failure } from '@fatbuildr/domain';
import { type Pack, pack } from 'tar-stream';
import { definitionLimits } from './archive/limits.ts';
import { isHostTrouble } from './host-trouble.ts';

const EXCLUDED = new Set(['.git', '.svn', '.hg']);

/** How a directory becomes an archive. */
export interface Packing {
  /** The directory that all of it lies in; none by default. */
  top?: string;
  /** Of every entry: times of a checkout are no one else's. */
  modified: Date;
  /** Whether a path below the directory goes in; what is below one that does not is not asked for. */
  takes(path: string): boolean;
  /** Told of each file before it is read. @throws to refuse it */
  adds?(size: number): void;
}

/** Writes a definition's directory as an archive. Version control directories stay behind. @throws Failure `rejected` when it is too large, and as {@link packDirectory} */
export function packDefinition(directory: string, file: string): Promise<void> {
  let left = definitionLimits.bytes;
  return packDirectory(directory, file, {
    modified: new Date(0),
    takes: (path) => !EXCLUDED.has(path.slice(path.lastIndexOf('/') + 1)),
    adds(size) {
      left -= size;
      if (left < 0) throw tooMuch(directory);
    },
  });
}

/** A definition is packaging, not sources: more than the limit is a mistake. */
export function tooMuch(directory: string): Failure {
  return new Failure('rejected', `${directory} holds more than ${definitionLimits.bytes / 1024 ** 2} MiB.`, {
    hint: 'Keep sources out of it: artifact.yml names them by URL.',
  });
}

/**
 * Writes a directory as a tar.gz that is the same for the same files: names sorted, owners and times left out.
 *
 * @throws Failure `rejected` for devices, sockets and the like, and for names that cannot be read back
 */
export async function packDirectory(directory: string, file: string, packing: Packing): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file));
  // Reported below; here it only must not count as unhandled while a file is being read.
  written.catch(() => {});
  try {
    await addDirectory(archive, directory, '', packing).catch((error) => {
      throw unreadable(error);
    });
    archive.finalize();
  } catch (error) {
    archive.destroy(error as Error);
    // What cannot be written ends the reading too, which knows no more than that it was ended.
    await written;
    throw error;
  }
  await written;
}

/** Names need not be UTF-8, and may be longer together than a path may be: both show when they are to be opened. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof Error) || !('path' in error) || isHostTrouble(error)) return error;
  return new Failure('rejected', `It cannot be packed: ${error.message}`, {
    cause: error,
    hint: 'Have its names be UTF-8, and its paths shorter than 4096 bytes.',
  });
}

async function addDirectory(archive: Pack, root: string, below: string, packing: Packing): Promise<void> {
  const { top, modified, takes, adds } = packing;
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (!takes(path)) continue;
    const stat = await lstat(join(root, path));
    const entry = { name: top === undefined ? path : `${top}/${path}`, mtime: modified, uid: 0, gid: 0 };
    if (stat.isDirectory()) {
      archive.entry({ ...entry, type: 'directory', mode: 0o755 });
      await addDirectory(archive, root, path, packing);
    } else if (stat.isSymbolicLink()) {
      archive.entry({ ...entry, type: 'symlink', linkname: await readlink(join(root, path)) });
    } else if (stat.isFile()) {
      adds?.(stat.size);
      const mode = stat.mode & 0o100 ? 0o755 : 0o644;
      await addFile(archive, { ...entry, mode, size: stat.size }, join(root, path));
    } else {
      throw new Failure('rejected', `${join(root, path)} is not a file, directory or link.`, {
        hint: 'Leave it out of the definition.',
      });
    }
  }
}

async function addFile(archive: Pack, header: HeaderArgument & { size: number }, path: string): Promise<void> {
  const { size } = header;
  if (size > 0) await pipeline(createReadStream(path, { end: size - 1 }), archive.entry(header));
  else archive.entry(header, Buffer.alloc(0));
}

type HeaderArgument = Parameters<Pack['entry']>[0];
