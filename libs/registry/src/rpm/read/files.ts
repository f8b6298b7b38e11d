import { type Header, numbers, strings, UnreadableRpm } from '@fatbuildr/domain/rpm';
import { pathCounter } from '../../reading/paths.ts';
import { TAG } from './tags.ts';

/** A path that a package owns. */
export interface RpmFileEntry {
  path: string;
  /** Empty for ordinary files. */
  type: '' | 'dir' | 'ghost';
}

const DIRECTORY = 0o040000;
const TYPE_MASK = 0o170000;
const GHOST = 1 << 6;

/** The files of a package in its own order. @throws UnreadableRpm when their lists do not fit each other */
export function readFiles(header: Header): RpmFileEntry[] {
  const paths = readPaths(header);
  const modes = numbers(header, TAG.fileModes);
  const flags = numbers(header, TAG.fileFlags);
  if (modes.length !== paths.length || flags.length !== paths.length) {
    throw new UnreadableRpm(`${paths.length} files with ${modes.length} modes and ${flags.length} flags`);
  }
  return paths.map((path, index) => ({ path, type: typeOf(modes[index] as number, flags[index] as number) }));
}

function readPaths(header: Header): string[] {
  const [bases, directories] = [strings(header, TAG.baseNames), strings(header, TAG.dirNames)];
  const indexes = numbers(header, TAG.dirIndexes);
  if (bases.length === 0) return strings(header, TAG.oldFilenames);
  if (indexes.length !== bases.length)
    throw new UnreadableRpm(`${bases.length} files in ${indexes.length} directories`);
  const count = pathCounter();
  return bases.map((base, index) => {
    const directory = directories[indexes[index] as number];
    if (directory === undefined) throw new UnreadableRpm(`the file ${base.slice(0, 80)} is in no directory`);
    const path = directory + base;
    const excess = count(path);
    if (excess) throw new UnreadableRpm(`it has ${excess}`);
    return path;
  });
}

function typeOf(mode: number, flags: number): RpmFileEntry['type'] {
  if ((mode & TYPE_MASK) === DIRECTORY) return 'dir';
  return (flags & GHOST) === 0 ? '' : 'ghost';
}

/** Files that dependencies name most, and that clients know without loading the list of all. */
export function isPrimary(path: string): boolean {
  return path.startsWith('/etc/') || path === '/usr/lib/sendmail' || path.includes('bin/');
}
