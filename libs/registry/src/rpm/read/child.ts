import { fileURLToPath } from 'node:url';
import { type ReaderOptions, readInChild } from '../../shared/read-in-child.ts';
import type { RpmFile } from './read-rpm.ts';

const PROGRAM = {
  path: fileURLToPath(new URL('./program.ts', import.meta.url)),
  hint: 'look at it with rpm -qpi and rpm -K, and build it again',
};

/**
 * `readRpm` in a process of its own, as `readInChild` says.
 *
 * @throws Failure `rejected` when the file is no RPM or is too costly to read
 */
export function readRpmInChild(file: { path: string; name: string }, options: ReaderOptions = {}): Promise<RpmFile> {
  return readInChild<RpmFile>(PROGRAM, file, options);
}
