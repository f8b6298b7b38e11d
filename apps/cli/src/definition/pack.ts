import { createWriteStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { UsageError } from '../output/report-error.ts';

/** A definition is packaging, not sources: more than this is a mistake. */
const LIMIT = 256 * 1024 * 1024;
const EXCLUDED = new Set(['.git', '.svn', '.hg']);

/**
 * Writes a definition's directory as a tar.gz that is the same for the same files: names sorted, owners and times left
 * out. Version control directories stay behind.
 *
 * @throws {UsageError} for what no definition holds: devices, sockets, or far too much
 */
export async function packDefinition(directory: string, file: string): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file));
  try {
    await addDirectory(archive, directory, '', { left: LIMIT });
    archive.finalize();
  } catch (error) {
    archive.destroy(error as Error);
    await written.catch(() => {});
    throw error;
  }
  await written;
}

async function addDirectory(archive: Pack, root: string, below: string, room: { left: number }): Promise<void> {
  for (const name of (await readdir(join(root, below))).sort()) {
    if (EXCLUDED.has(name)) continue;
    const path = below === '' ? name : `${below}/${name}`;
    const stat = await lstat(join(root, path));
    const entry = { name: path, mtime: new Date(0), uid: 0, gid: 0 };
    if (stat.isDirectory()) {
      archive.entry({ ...entry, type: 'directory', mode: 0o755 });
      await addDirectory(archive, root, path, room);
    } else if (stat.isSymbolicLink()) {
      archive.entry({ ...entry, type: 'symlink', linkname: await readlink(join(root, path)) });
    } else if (stat.isFile()) {
      room.left -= stat.size;
      if (room.left < 0) {
        throw new UsageError(
          `${root} holds more than 256 MiB.`,
          'Keep sources out of it: artifact.yml names them by URL.',
        );
      }
      archive.entry({ ...entry, mode: stat.mode & 0o100 ? 0o755 : 0o644 }, await readFile(join(root, path)));
    } else throw new UsageError(`${join(root, path)} is not a file, directory or link.`);
  }
}
