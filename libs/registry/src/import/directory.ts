import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { tooLarge } from './changed-origin.ts';
import type { OriginFiles } from './origin.ts';

const PACKAGE = /\.(?:deb|udeb|ddeb|dsc|rpm)$/;
/** Names that only lists and their directories have. */
const LISTS = ['dists', 'repodata', 'Release', 'InRelease'];
/** Of a directory tree that nobody makes on purpose. */
const DEEPEST = 16;
const CHUNK = 256 << 10;

/**
 * The files of a directory of this machine, and no others: wherever links lead, what is read lies below one of `roots`.
 *
 * @param roots absolute paths
 * @throws Failure `rejected` when the directory does not
 */
export async function directoryFiles(location: string, roots: readonly string[]): Promise<OriginFiles> {
  const allowed = (await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)))).filter(
    (root) => root !== undefined,
  );
  const isAllowed = (path: string) =>
    allowed.some((root) => path === root || path.startsWith(root === sep ? sep : root + sep));
  const top = await realpath(location).catch(() => undefined);
  if (top === undefined || !isAllowed(top)) {
    throw new Failure('rejected', `${location} is no directory that may be imported`, {
      hint:
        roots.length === 0
          ? 'the administrator names such directories under imports.roots in fatbuildr.yml of the publisher’s machine'
          : `it must be on the publisher’s machine, below ${roots.join(' or ')} (imports.roots), and readable for its user`,
    });
  }

  /** An open file; undefined when there is none. Where it really lies is asked of the kernel once it is open. */
  async function openFile(path: string) {
    // not to wait for whoever writes into a pipe
    const file = await open(join(top as string, path), constants.O_RDONLY | constants.O_NONBLOCK).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw new Failure('rejected', `${join(location, path)} cannot be read: ${error.message}`, {
          hint: 'the publisher’s user must be able to read all of the directory',
        });
      },
    );
    if (!file) return undefined;
    const real = await readlink(`/proc/self/fd/${file.fd}`);
    if (isAllowed(real) && (await file.stat()).isFile()) return file;
    await file.close();
    throw new Failure('rejected', `${join(location, path)} leads out of the directories that may be imported`, {
      hint: 'put plain files there, or name the directory that its links lead to under imports.roots as well',
    });
  }

  /** @returns false when there are lists */
  async function packagesBelow(path: string, depth: number, found: string[]): Promise<boolean> {
    for (const entry of await readdir(join(top as string, path), { withFileTypes: true })) {
      if (LISTS.includes(entry.name)) return false;
      const below = join(path, entry.name);
      if (entry.isDirectory() && depth < DEEPEST) {
        if (!(await packagesBelow(below, depth + 1, found))) return false;
      } else if (PACKAGE.test(entry.name) && !entry.isDirectory()) found.push(below);
    }
    return true;
  }

  return {
    location,
    atOnce: 8,
    async copy(path, to, most) {
      await using file = await openFile(path);
      if (!file) return undefined;
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(CHUNK);
      let size = 0;
      await using out = await open(to, 'w', 0o644);
      for (let bytesRead = 1; bytesRead > 0 && size <= most; size += bytesRead) {
        ({ bytesRead } = await file.read(buffer, 0, CHUNK));
        hash.update(buffer.subarray(0, bytesRead));
        await out.writeFile(buffer.subarray(0, bytesRead));
      }
      if (size > most) throw tooLarge(join(location, path), most);
      return { size, sha256: hash.digest('hex') };
    },
    async packageFiles() {
      const found: string[] = [];
      return (await packagesBelow('', 0, found)) ? found.sort() : [];
    },
  };
}
