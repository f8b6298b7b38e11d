import { type Header, type HeaderEntry, TYPE, UnreadableRpm, WIDTH } from './header.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const LATIN1 = new TextDecoder('latin1');

/** The strings of a tag; none when it is not there. Text that is no UTF-8 is taken for ISO-8859-1. @throws UnreadableRpm */
export function strings(header: Header, tag: number): string[] {
  const entry = header.get(tag);
  if (!entry) return [];
  if (entry.type !== TYPE.string && entry.type !== TYPE.stringArray && entry.type !== TYPE.i18nString) {
    throw wrongType(entry, 'text');
  }
  const text = decode(entry.data);
  return text.slice(0, -1).split('\0');
}

/** The first string of a tag: the untranslated one, where there are several. @throws UnreadableRpm */
export function text(header: Header, tag: number): string | undefined {
  return strings(header, tag)[0];
}

/**
 * The numbers of a tag; none when it is not there. 64 bit ones lose precision beyond 2^53.
 *
 * @throws UnreadableRpm
 */
export function numbers(header: Header, tag: number): number[] {
  const entry = header.get(tag);
  if (!entry) return [];
  const { type, data, count } = entry;
  if (type < TYPE.char || type > TYPE.int64) throw wrongType(entry, 'numbers');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = WIDTH[type] as number;
  return Array.from({ length: count }, (_, index) => readNumber(view, index * width, width));
}

/** The first number of a tag. @throws UnreadableRpm */
export function number(header: Header, tag: number): number | undefined {
  return numbers(header, tag)[0];
}

/** The bytes of a tag. @throws UnreadableRpm */
export function binary(header: Header, tag: number): Uint8Array | undefined {
  const entry = header.get(tag);
  if (entry && entry.type !== TYPE.binary) throw wrongType(entry, 'bytes');
  return entry?.data;
}

function readNumber(view: DataView, offset: number, width: number): number {
  if (width === 1) return view.getUint8(offset);
  if (width === 2) return view.getUint16(offset);
  if (width === 4) return view.getUint32(offset);
  return Number(view.getBigUint64(offset));
}

function decode(data: Uint8Array): string {
  try {
    return UTF8.decode(data);
  } catch {
    return LATIN1.decode(data);
  }
}

function wrongType({ tag, type }: HeaderEntry, wanted: string): UnreadableRpm {
  return new UnreadableRpm(`tag ${tag} holds type ${type} where ${wanted} belong`);
}
