import { UnreadablePackage } from '../../apt/read/ar.ts';
import type { Bytes } from '../../reading/bytes.ts';
import { attributes, escapeXml } from '../../rpm/xml.ts';
import type { MetadataEntry } from '../listed.ts';
import { plainText } from './text-of.ts';
import { xmlTokens } from './xml.ts';

/** Bytes of one metadata file, not compressed: each publication looks at it as a whole. */
export const MOST_METADATA = 32 << 20;
/** Modules are parsed one by one. */
const MOST_IN_MODULE = 1 << 20;
const DEEPEST = 64;

/** What comes before the root: a document type may name a DTD, as that of comps does, and define nothing. */
const PROLOGUE = /^\s*(?:<\?xml[^>]*\?>)?(?:\s|<!--(?:[^-]|-[^-])*-->|<!DOCTYPE\s[^[\]<>]*>)*/;
/** Without a document type there are no entities but these. */
const ENTITY_OF_ITS_OWN = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/;
/** Without prefixes that are declared somewhere or not, but for `xml:lang`. */
const NAME = /^(?:xml:)?[A-Za-z_][\w.-]*$/;
/** What readers of YAML do not take. */
const NO_YAML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** Groups, categories and environments (comps). @throws UnreadablePackage */
export async function readComps(bytes: Bytes, name: string): Promise<MetadataEntry[]> {
  return elementsBelow('comps', await plainText(bytes, name, MOST_METADATA));
}

/** Advisories. @throws UnreadablePackage */
export async function readUpdateinfo(bytes: Bytes, name: string): Promise<MetadataEntry[]> {
  return elementsBelow('updates', await plainText(bytes, name, MOST_METADATA));
}

/**
 * The elements right below the root, written anew: whatever strange XML a file has, clients are given plain one. An
 * advisory that two repositories have is in each about other packages: what tells it is its id and the first of them.
 */
function elementsBelow(root: string, text: string): MetadataEntry[] {
  const entries: MetadataEntry[] = [];
  const open: string[] = [];
  let over = false;
  let entry = '';
  let told: { id?: string; filename?: string } = {};
  for (const token of xmlTokens(bodyOf(text))) {
    if (token.open !== undefined) {
      if (open.length === 0 && (over || token.open !== root)) throw new UnreadablePackage(`it is no <${root}>`);
      if (open.length === 1) [entry, told] = ['', {}];
      if (open.push(token.open) > DEEPEST) throw new UnreadablePackage('its elements are too deep in one another');
      const strange = [token.open, ...Object.keys(token.attributes)].find((name) => !NAME.test(name));
      if (strange !== undefined) throw new UnreadablePackage(`it has the unknown name ${strange.slice(0, 60)}`);
      entry += `<${token.open}${attributes(token.attributes)}>`;
    } else if (token.close !== undefined) {
      if (open.pop() !== token.close) throw new UnreadablePackage(`</${token.close}> ends nothing`);
      over = open.length === 0;
      entry += `</${token.close}>`;
      if (open.length !== 1) continue;
      const { id, filename = '' } = told;
      entries.push({ key: id === undefined ? entry : `${token.close} ${id} ${filename}`, text: entry });
    } else {
      if (open.length < 2 && token.text.trim() !== '') throw new UnreadablePackage('it has text where none is to be');
      entry += escapeXml(token.text);
      const within = open.at(-1);
      if (within === 'id' && open.length === 3) told.id ??= token.text.trim();
      else if (within === 'filename') told.filename ??= token.text.trim();
    }
  }
  if (!over) throw new UnreadablePackage(`it is no whole <${root}>`);
  return entries;
}

/** Without what comes before the root. */
function bodyOf(text: string): string {
  const prologue = PROLOGUE.exec(text)?.[0] ?? '';
  const [, encoding = 'utf-8'] = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)/.exec(prologue) ?? [];
  if (encoding.toLowerCase() !== 'utf-8')
    throw new UnreadablePackage(`it is in ${encoding.slice(0, 40)}, not in UTF-8`);
  const body = text.slice(prologue.length);
  if (ENTITY_OF_ITS_OWN.test(body)) throw new UnreadablePackage('it has entities of its own');
  return body;
}

/** Modules, their defaults and the like: YAML documents. @throws UnreadablePackage */
export async function readModules(bytes: Bytes, name: string): Promise<MetadataEntry[]> {
  const text = await plainText(bytes, name, MOST_METADATA);
  if (NO_YAML.test(text)) throw new UnreadablePackage('it has control characters');
  const documents = text
    .split(/^(?:---[ \t]*|\.\.\.[ \t]*)\r?$/m)
    .map((document) => document.trim())
    .filter((document) => document.replaceAll(/^#.*$/gm, '').trim() !== '');
  return await Promise.all(documents.map(moduleEntry));
}

/** What tells documents of a kind apart. */
const MODULE_KEYS = ['name', 'module', 'stream', 'version', 'context', 'arch'];

async function moduleEntry(text: string): Promise<MetadataEntry> {
  if (text.length > MOST_IN_MODULE) throw new UnreadablePackage('what it says of one module is too long');
  // Most readers have no use for it.
  const { isAlias, parseDocument, visit } = await import('yaml');
  const document = parseDocument(text, { version: '1.1', schema: 'failsafe', logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new UnreadablePackage(`one of its documents is no YAML: ${error.message.slice(0, 200)}`);
  visit(document, {
    Node(_, node) {
      if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) {
        throw new UnreadablePackage('it has YAML anchors, aliases or tags');
      }
    },
  });
  const kind = document.get('document');
  if (typeof kind !== 'string' || !/^modulemd(?:-[a-z]+)*$/.test(kind)) {
    throw new UnreadablePackage('one of its documents is about no modules');
  }
  const told = MODULE_KEYS.map((key) => document.getIn(['data', key]));
  const isNamed = typeof (told[0] ?? told[1]) === 'string';
  return {
    key: isNamed ? [kind, ...told.map((each) => (typeof each === 'string' ? each : ''))].join(' ') : text,
    text,
  };
}
