import type { Field, Paragraph } from '@fatbuildr/domain';
import { UnreadablePackage } from './ar.ts';
import { FILE_NAME, PACKAGE_NAME, VERSION } from './names.ts';
import { parseControl, required } from './text.ts';

/** A file that a `.dsc`, `.changes` or `.buildinfo` names. */
export interface NamedFile {
  name: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** Absent in a `.buildinfo`. */
  md5?: string;
}

/** What a `.dsc`, `.changes` or `.buildinfo` says; its signature, if any, was taken off and not looked at. */
export interface ControlFile {
  kind: 'dsc' | 'changes' | 'buildinfo';
  fields: Field[];
  files: NamedFile[];
}

/**
 * Reads a source package's control file (dsc(5)) or a build's record (deb-changes(5), deb-buildinfo(5)).
 *
 * @throws UnreadablePackage when fields or checksums that every such file has are missing or disagree
 */
export function readControlFile(kind: ControlFile['kind'], bytes: Uint8Array): ControlFile {
  const what = `the .${kind} file`;
  const paragraph = parseControl(bytes, what);
  // In .changes and .buildinfo of a binary-only rebuild: "hello (2.10-1)".
  const name = kind === 'dsc' ? PACKAGE_NAME : /^[A-Za-z0-9][A-Za-z0-9+.-]+( \(.+\))?$/;
  required(paragraph, 'Source', name, what);
  required(paragraph, 'Version', VERSION, what);
  const files = readFiles(paragraph, what);
  if (kind !== 'buildinfo') addMd5(files, paragraph, what);
  return { kind, fields: [...paragraph.fields], files };
}

function readFiles(paragraph: Paragraph, what: string): NamedFile[] {
  const field = paragraph.get('Checksums-Sha256');
  if (!field) throw new UnreadablePackage(`${what} has no Checksums-Sha256 field`);
  const files = rows(field).map((row) => {
    const match = /^([0-9a-f]{64}) +(\d{1,15}) +(\S+)$/.exec(row);
    if (!match?.[3] || !FILE_NAME.test(match[3])) {
      throw new UnreadablePackage(`${what}: Checksums-Sha256: "${row.slice(0, 120)}" is not a digest, size and name`);
    }
    return { sha256: match[1] as string, size: Number(match[2]), name: match[3] };
  });
  if (new Set(files.map((file) => file.name)).size < files.length) {
    throw new UnreadablePackage(`${what} names a file twice`);
  }
  return files;
}

/** `Files` ends each row by the name, whatever stands between (section and priority in a `.changes`). */
function addMd5(files: NamedFile[], paragraph: Paragraph, what: string): void {
  const known = new Map(rows(paragraph.get('Files') ?? '').map((row) => [row.split(/ +/).at(-1), row.split(/ +/)]));
  for (const file of files) {
    const [md5 = '', size] = known.get(file.name) ?? [];
    if (!/^[0-9a-f]{32}$/.test(md5) || Number(size) !== file.size) {
      throw new UnreadablePackage(`${what}: Files and Checksums-Sha256 disagree on ${file.name}`);
    }
    file.md5 = md5;
  }
  if (known.size !== files.length) throw new UnreadablePackage(`${what}: Files and Checksums-Sha256 name other files`);
}

function rows(value: string): string[] {
  return value
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '');
}
