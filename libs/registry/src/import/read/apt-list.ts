import { Deb822Error, type Paragraph, parseDeb822 } from '@fatbuildr/domain/deb';
import { UnreadablePackage } from '../../apt/read/ar.ts';
import { sourceOf } from '../../apt/source-of.ts';
import type { Bytes } from '../../reading/bytes.ts';
import type { ListedFile, ListedPackage, ListedRelease } from '../listed.ts';
import { piecesOf, plainText } from './text-of.ts';

/** Packages of Debian's archive times eight. */
export const MOST_PACKAGES = 1_000_000;
const STANZA_END = /\n[ \t\r]{0,100}\n/g;

/**
 * What a Packages or Sources list tells of its packages (Debian repository format); the name says which, and how it is
 * compressed.
 *
 * @throws UnreadablePackage when it is none, or has packages without a sha256
 */
export async function readAptList(bytes: Bytes, name: string): Promise<ListedPackage[]> {
  const read = name.startsWith('Sources') ? listedSource : listedBinary;
  const kind = name.startsWith('udeb-') ? 'udeb' : 'binary';
  const packages: ListedPackage[] = [];
  for await (const text of piecesOf(bytes, name, STANZA_END)) {
    const stanza = paragraphOf(text, packages.length + 1);
    if (stanza) packages.push(read(stanza, kind));
    if (packages.length > MOST_PACKAGES) throw new UnreadablePackage(`it lists more than ${MOST_PACKAGES} packages`);
  }
  return packages;
}

/** Bytes of a Release; those of the largest archives have a few hundred kilobytes. */
const MOST_RELEASE = 16 << 20;

/** A Release file, also as it is in an InRelease. @throws UnreadablePackage */
export async function readRelease(bytes: Bytes): Promise<ListedRelease> {
  // An InRelease has an empty line before what is signed.
  const fields = paragraphOf(await plainText(bytes, 'Release', MOST_RELEASE), 1);
  if (!fields) throw new UnreadablePackage('it is empty');
  return {
    names: [fields.get('Suite'), fields.get('Codename')].filter(
      (name) => name !== undefined && name !== '',
    ) as string[],
    components: words(fields.get('Components')),
    architectures: words(fields.get('Architectures')),
    byHash: fields.get('Acquire-By-Hash')?.toLowerCase() === 'yes',
    date: timeOf(fields, 'Date'),
    validUntil: timeOf(fields, 'Valid-Until'),
    indexes: digestRows(fields.get('SHA256'), 'its SHA256 field').map((file) => ({ ...file, type: '' })),
  };
}

/** Milliseconds since the epoch; null when it is not told. */
function timeOf(fields: Paragraph, name: string): number | null {
  const value = fields.get(name);
  if (value === undefined) return null;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new UnreadablePackage(`its ${name} is no date: "${value.slice(0, 60)}"`);
  return time;
}

function listedBinary(stanza: Paragraph, kind: 'binary' | 'udeb'): ListedPackage {
  const [name, version, architecture, path, size, sha256] = [
    'Package',
    'Version',
    'Architecture',
    'Filename',
    'Size',
    'SHA256',
  ].map((field) => needed(stanza, field)) as [string, string, string, string, string, string];
  const source = sourceOf(stanza.get('Source'), name, version);
  if (!source) throw new UnreadablePackage(`${name} has a Source field that is none`);
  return { kind, name, version, architecture, source, files: [{ path, size: Number(size), sha256 }] };
}

function listedSource(stanza: Paragraph): ListedPackage {
  const [name, version] = [needed(stanza, 'Package'), needed(stanza, 'Version')];
  const directory = stanza.get('Directory') ?? '.';
  const files = digestRows(needed(stanza, 'Checksums-Sha256'), name)
    .map((file) => ({ ...file, path: directory === '.' ? file.path : `${directory}/${file.path}` }))
    // the .dsc first
    .sort((a, b) => Number(b.path.endsWith('.dsc')) - Number(a.path.endsWith('.dsc')));
  if (!files[0]?.path.endsWith('.dsc')) throw new UnreadablePackage(`the source package ${name} has no .dsc`);
  return { kind: 'source', name, version, architecture: 'source', source: { name, version }, files };
}

function paragraphOf(text: string, number: number): Paragraph | undefined {
  try {
    const [stanza, other] = parseDeb822(text);
    if (!other) return stanza;
    throw new UnreadablePackage(`its entry ${number} is more than one`);
  } catch (error) {
    if (error instanceof Deb822Error) throw new UnreadablePackage(`its entry ${number}: ${error.message}`);
    throw error;
  }
}

function needed(stanza: Paragraph, field: string): string {
  const value = stanza.get(field);
  if (value) return value;
  const which = stanza.get('Package') ?? 'a package';
  throw new UnreadablePackage(`it tells no ${field} of ${which}`);
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Rows of digest, size and path. */
function digestRows(value: string | undefined, what: string): ListedFile[] {
  return (value ?? '')
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => {
      const [sha256 = '', size = '', path = '', more] = row.trim().split(/\s+/);
      if (!path || more !== undefined) throw new UnreadablePackage(`${what}: "${row.slice(0, 120)}" names no file`);
      return { path, size: Number(size), sha256 };
    });
}
