import type { Bytes } from '../../reading/bytes.ts';
import { UnreadablePackage } from './ar.ts';
import { type DebFile, readDeb } from './deb.ts';
import { type ControlFile, readControlFile } from './source.ts';

/** What reading a package's file yields. */
export type PackageFile = DebFile | ControlFile;

const CONTROL_FILE_LIMIT = 32 << 20;

/**
 * Reads a `.deb`, `.udeb`, `.ddeb`, `.dsc`, `.changes` or `.buildinfo`. Nothing in such a file is to be trusted: a
 * process that holds keys has `openReaders` instead.
 *
 * @param name tells its kind
 * @throws UnreadablePackage
 */
export async function readPackage(file: Bytes, name: string): Promise<PackageFile> {
  const kind = /\.(deb|udeb|ddeb|dsc|changes|buildinfo)$/.exec(name)?.[1];
  if (kind === undefined) throw new UnreadablePackage(`${name} is no file of a Debian package`);
  if (kind.endsWith('deb')) return readDeb(file);
  if (file.size > CONTROL_FILE_LIMIT)
    throw new UnreadablePackage(`the .${kind} file is larger than ${CONTROL_FILE_LIMIT} bytes`);
  return readControlFile(kind as ControlFile['kind'], await file.read(0, file.size));
}
