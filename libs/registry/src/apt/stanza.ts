import { Deb822Error, type Field, paragraph, parseDeb822, renderDeb822 } from '@fatbuildr/domain';

/** A file as a stanza names it. */
export interface StanzaFile {
  name: string;
  /** Bytes. */
  size: number;
  md5: string;
  sha256: string;
}

/** What an index says of a file; in a control file such a field is a lie or a leftover. */
const OF_THE_INDEX = new Set(['filename', 'msdos-filename', 'size', 'md5sum', 'sha1', 'sha256', 'sha512', 'status']);

/** Fields of a `.dsc` that Sources has in another form. */
const OF_THE_DSC = new Set([
  'source',
  'directory',
  'files',
  'checksums-md5',
  'checksums-sha1',
  'checksums-sha256',
  'checksums-sha512',
]);

/** Fields that come after what the index adds: long ones, for the eyes of people. */
const LAST = new Set(['homepage', 'description', 'tag', 'task']);

/**
 * The stanza of a binary package in Packages, with the fields that `apt-ftparchive packages` writes (its SHA1 and
 * SHA512 aside, as in Debian's archive). Other fields keep the order of the control file.
 */
export function binaryStanza(fields: readonly Field[], filename: string, file: StanzaFile): string {
  const own = fields.filter((field) => !OF_THE_INDEX.has(key(field)));
  return render([
    ...first('Package', own),
    ...own.filter((field) => key(field) !== 'package' && !LAST.has(key(field))),
    { name: 'Filename', value: filename },
    { name: 'Size', value: String(file.size) },
    { name: 'MD5sum', value: file.md5 },
    { name: 'SHA256', value: file.sha256 },
    ...own.filter((field) => LAST.has(key(field))),
  ]);
}

/** The stanza of a source package in Sources; the `.dsc` is the first of `files`. */
export function sourceStanza(fields: readonly Field[], directory: string, files: readonly StanzaFile[]): string {
  return render([
    ...first('Source', fields).map(({ value }) => ({ name: 'Package', value })),
    ...fields.filter((field) => !OF_THE_DSC.has(key(field))),
    { name: 'Directory', value: directory },
    { name: 'Files', value: files.map((file) => `\n${file.md5} ${file.size} ${file.name}`).join('') },
    { name: 'Checksums-Sha256', value: files.map((file) => `\n${file.sha256} ${file.size} ${file.name}`).join('') },
  ]);
}

function first(name: string, fields: readonly Field[]): Field[] {
  return fields.filter((field) => key(field) === name.toLowerCase());
}

function key(field: Field): string {
  return field.name.toLowerCase();
}

/** @throws Deb822Error when a field's name or value would not read back as what it is */
function render(fields: Field[]): string {
  const stanza = renderDeb822([paragraph(fields)]);
  const [read, ...others] = parseDeb822(stanza);
  if (others.length > 0 || read?.fields.length !== fields.length) throw new Deb822Error(1, 'a field breaks its stanza');
  return stanza;
}
