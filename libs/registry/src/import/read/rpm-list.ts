import { renderEvr } from '@fatbuildr/domain/rpm';
import { UnreadablePackage } from '../../apt/read/ar.ts';
import type { Bytes } from '../../reading/bytes.ts';
import { sourceOf } from '../../rpm/source-of.ts';
import type { ListedFile, ListedIndexes, ListedPackage } from '../listed.ts';
import { MOST_PACKAGES } from './apt-list.ts';
import { piecesOf } from './text-of.ts';
import { xmlTokens } from './xml.ts';

/** The `primary` list of a repository as createrepo_c writes it. @throws UnreadablePackage */
export async function readRpmList(bytes: Bytes, name: string): Promise<ListedPackage[]> {
  const packages: ListedPackage[] = [];
  for await (const text of piecesOf(bytes, name, /<\/package>/g)) {
    const begin = text.search(/<package[\s>]/);
    if (begin >= 0) packages.push(listed(elementsIn(text.slice(begin))));
    if (packages.length > MOST_PACKAGES) throw new UnreadablePackage(`it lists more than ${MOST_PACKAGES} packages`);
  }
  return packages;
}

/** What is asked for. SQLite copies and the like are not, whatever they are. */
const TYPES = /^(?:primary|group(?:_(?:gz|xz|zst))?|updateinfo|modules)$/;

/** A `repomd.xml`. @throws UnreadablePackage */
export async function readRepomd(bytes: Bytes): Promise<ListedIndexes> {
  const indexes: ListedIndexes['indexes'] = [];
  for await (const text of piecesOf(bytes, 'repomd.xml', /<\/data>/g)) {
    const begin = text.search(/<data[\s>]/);
    if (begin < 0) continue;
    const elements = elementsIn(text.slice(begin));
    const type = elements.get('data')?.attributes['type'] ?? '';
    if (!TYPES.test(type)) continue;
    indexes.push({ type, ...fileOf(elements, elements.get('size')?.text, `its ${type} list`) });
  }
  return { indexes };
}

interface Element {
  attributes: Record<string, string>;
  text: string;
}

/** The elements of a piece by their names without a prefix: the first of each. */
function elementsIn(piece: string): Map<string, Element> {
  const elements = new Map<string, Element>();
  let current: Element | undefined;
  for (const token of xmlTokens(piece)) {
    if (token.open !== undefined) {
      const name = token.open.slice(token.open.indexOf(':') + 1);
      current = { attributes: token.attributes, text: '' };
      if (!elements.has(name)) elements.set(name, current);
    } else if (token.text !== undefined) {
      if (current) current.text += token.text;
    } else current = undefined;
  }
  return elements;
}

function listed(elements: Map<string, Element>): ListedPackage {
  const { epoch = '0', ver = '', rel = '' } = elements.get('version')?.attributes ?? {};
  const [name, architecture] = [elements.get('name')?.text ?? '', elements.get('arch')?.text ?? ''];
  const isSource = architecture === 'src' || architecture === 'nosrc';
  const source = sourceOf(isSource ? '' : (elements.get('sourcerpm')?.text ?? '')) ?? {
    name,
    version: `${ver}-${rel}`,
  };
  const size = elements.get('size')?.attributes['package'];
  return {
    kind: isSource ? 'source' : 'binary',
    name,
    version: renderEvr({ epoch: epoch === '' ? '0' : epoch, version: ver, release: rel }),
    architecture: isSource ? 'src' : architecture,
    source,
    files: [fileOf(elements, size, name)],
  };
}

function fileOf(elements: Map<string, Element>, size: string | undefined, what: string): ListedFile {
  const checksum = elements.get('checksum');
  const location = elements.get('location')?.attributes;
  const [path, base] = [location?.['href'], location?.['xml:base']];
  if (path === undefined) throw new UnreadablePackage(`it does not tell where ${what} is`);
  if (base !== undefined) throw new UnreadablePackage(`${what} is in another place than the repository: ${base}`);
  if (checksum?.attributes['type'] !== 'sha256') {
    throw new UnreadablePackage(
      `it has a checksum of ${what} that is not sha256: ${checksum?.attributes['type'] ?? 'none'}`,
    );
  }
  return { path, size: Number(size), sha256: checksum.text.trim() };
}
