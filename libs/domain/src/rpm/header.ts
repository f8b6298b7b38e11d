/** Bytes that are no RPM package or header; the message tells why, for the packager. */
export class UnreadableRpm extends Error {
  override name = 'UnreadableRpm';
}

/** Types of header entries (RPM file format, "Header structure"). */
export const TYPE = {
  null: 0,
  char: 1,
  int8: 2,
  int16: 3,
  int32: 4,
  int64: 5,
  string: 6,
  binary: 7,
  stringArray: 8,
  i18nString: 9,
} as const;

/** One entry of a header; `data` is a view of the header's bytes. */
export interface HeaderEntry {
  tag: number;
  type: number;
  /** Values; bytes for a binary. */
  count: number;
  data: Uint8Array;
}

/** A header: its entries in the order of the index, without the entry of its region. */
export interface Header {
  entries: readonly HeaderEntry[];
  /** Bytes in all, from the magic to the end of its store, without padding. */
  size: number;
  get(tag: number): HeaderEntry | undefined;
}

const MAGIC = [0x8e, 0xad, 0xe8, 0x01];
/** Magic, four reserved bytes, the number of entries, the size of the store. */
export const HEADER_INTRO = 16;
const INDEX_ENTRY = 16;
/** As in rpm itself (`headerCheck`). */
const MOST_ENTRIES = 0xffff;
const LARGEST_STORE = 256 << 20;

/** Bytes per value, and so the alignment; 0 where values end at a zero byte. */
export const WIDTH: readonly number[] = [0, 1, 1, 2, 4, 8, 0, 1, 0, 0];

/** Tags of regions: an immutable header, and a signature header. */
const REGIONS = [61, 62, 63];

/**
 * Sizes of a header, from its first sixteen bytes.
 *
 * @throws UnreadableRpm when it is none or is too large to be one
 */
export function headerSize(intro: Uint8Array, what: string): { entries: number; store: number; size: number } {
  if (intro.length < HEADER_INTRO) throw new UnreadableRpm(`${what} is cut off`);
  if (MAGIC.some((byte, index) => intro[index] !== byte)) throw new UnreadableRpm(`${what} does not begin as one`);
  const view = viewOf(intro);
  const [entries, store] = [view.getUint32(8), view.getUint32(12)];
  if (entries === 0 || entries > MOST_ENTRIES) throw new UnreadableRpm(`${what} has ${entries} entries`);
  if (store > LARGEST_STORE) throw new UnreadableRpm(`${what} has a store of ${store} bytes`);
  return { entries, store, size: HEADER_INTRO + entries * INDEX_ENTRY + store };
}

/**
 * Reads a header (RPM file format, versions 3 and 4). Every offset, count and type is checked against the bytes that
 * are there.
 *
 * @param what for messages, as in `the signature header`
 * @throws UnreadableRpm
 */
export function parseHeader(bytes: Uint8Array, what: string): Header {
  const { entries: count, store, size } = headerSize(bytes, what);
  if (bytes.length < size) throw new UnreadableRpm(`${what} is cut off: ${bytes.length} of ${size} bytes`);
  const view = viewOf(bytes);
  const data = bytes.subarray(size - store, size);
  const byTag = new Map<number, HeaderEntry>();
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_INTRO + index * INDEX_ENTRY;
    const entry = {
      tag: view.getUint32(at),
      type: view.getUint32(at + 4),
      offset: view.getInt32(at + 8),
      count: view.getUint32(at + 12),
    };
    const name = `${what}, tag ${entry.tag}`;
    if (REGIONS.includes(entry.tag)) continue;
    if (entry.type >= WIDTH.length) throw new UnreadableRpm(`${name}: unknown type ${entry.type}`);
    if (entry.offset < 0 || entry.offset > store) throw new UnreadableRpm(`${name}: offset ${entry.offset}`);
    if (byTag.has(entry.tag)) throw new UnreadableRpm(`${name} is there twice`);
    const value = valueBytes(data, entry, name);
    // Else a small file could make its reader look at the same bytes many times.
    total += value.length;
    if (total > store) throw new UnreadableRpm(`${what}: its values overlap`);
    byTag.set(entry.tag, { tag: entry.tag, type: entry.type, count: entry.count, data: value });
  }
  return { entries: [...byTag.values()], size, get: (tag) => byTag.get(tag) };
}

function valueBytes(store: Uint8Array, entry: { type: number; offset: number; count: number }, name: string) {
  const { type, offset, count } = entry;
  if (type === TYPE.string && count !== 1) throw new UnreadableRpm(`${name}: ${count} strings where one belongs`);
  if (count > store.length) throw new UnreadableRpm(`${name}: more values than bytes`);
  const width = WIDTH[type] as number;
  if (width > 0 || type === TYPE.null) {
    const end = offset + count * width;
    if (end > store.length) throw new UnreadableRpm(`${name} leaves the store`);
    return store.subarray(offset, end);
  }
  let end = offset;
  for (let left = count; left > 0; left -= 1) {
    const zero = store.indexOf(0, end);
    if (zero < 0) throw new UnreadableRpm(`${name}: a string without end`);
    end = zero + 1;
  }
  return store.subarray(offset, end);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
