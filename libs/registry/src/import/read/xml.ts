import { UnreadablePackage } from '../../apt/read/ar.ts';

/** What stands in a piece of XML, in its order. */
type XmlToken =
  | { open: string; attributes: Record<string, string>; text?: never; close?: never }
  | { close: string; open?: never; text?: never }
  | { text: string; open?: never; close?: never };

const TOKEN =
  /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|<\?[^>]*\?>|<!--[^]*?-->|([^<]+)/y;
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The tags and texts of a piece of XML. No document type: what a list may say is known, and entities that a document
 * makes up are how a small one becomes large.
 *
 * @throws UnreadablePackage for whatever else
 */
export function* xmlTokens(text: string): Generator<XmlToken> {
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new UnreadablePackage(`it has no XML that is understood: "${text.slice(at, at + 60)}"`);
    at += match[0].length;
    const [, slash, name, attributes = '', empty, between] = match;
    if (between !== undefined) yield { text: unescaped(between) };
    else if (name !== undefined) {
      if (slash) yield { close: name };
      else {
        yield { open: name, attributes: attributesOf(attributes) };
        if (empty) yield { close: name };
      }
    }
  }
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [
    name,
    unescaped(double ?? single ?? ''),
  ]);
  return Object.fromEntries(pairs);
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
