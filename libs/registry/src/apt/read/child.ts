import { fileURLToPath } from 'node:url';
import { type ReaderOptions, readInChild } from '../../shared/read-in-child.ts';
import type { PackageFile } from './read-package.ts';

const PROGRAM = {
  path: fileURLToPath(new URL('./program.ts', import.meta.url)),
  hint: 'look at it with dpkg-deb --info or dscverify, and build it again',
};

/**
 * `readPackage` in a process of its own, as `readInChild` says.
 *
 * @throws Failure `rejected` when the file is not what its name says or is too costly to read
 */
export function readPackageInChild(
  file: { path: string; name: string },
  options: ReaderOptions = {},
): Promise<PackageFile> {
  return readInChild<PackageFile>(PROGRAM, file, options);
}
