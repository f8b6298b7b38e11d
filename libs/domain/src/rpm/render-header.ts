import { HEADER_INTRO, type HeaderEntry, TYPE, WIDTH } from './header.ts';

/** RPMTAG_HEADERSIGNATURES and RPMTAG_HEADERIMMUTABLE: the regions that the two headers of a package are. */
const REGIONS = { signature: 62, main: 63 } as const;

/**
 * The bytes of a header: entries by tag, each value aligned to its width, all within one region whose trailer ends the
 * store (RPM file format, "Header regions"). Not padded.
 */
export function renderHeader(kind: keyof typeof REGIONS, entries: readonly HeaderEntry[]): Uint8Array {
  const region = REGIONS[kind];
  const sorted = entries.toSorted((a, b) => a.tag - b.tag);
  const index: { tag: number; type: number; offset: number; count: number }[] = [];
  let end = 0;
  for (const { tag, type, count, data } of sorted) {
    const width = Math.max(1, WIDTH[type] ?? 1);
    const offset = Math.ceil(end / width) * width;
    index.push({ tag, type, offset, count });
    end = offset + data.length;
  }
  const indexSize = (sorted.length + 1) * 16;
  const bytes = new Uint8Array(HEADER_INTRO + indexSize + end + 16);
  const view = new DataView(bytes.buffer);
  bytes.set([0x8e, 0xad, 0xe8, 0x01]);
  view.setUint32(8, sorted.length + 1);
  view.setUint32(12, end + 16);
  const writeEntry = (at: number, { tag, type, offset, count }: (typeof index)[number]) => {
    view.setUint32(at, tag);
    view.setUint32(at + 4, type);
    view.setInt32(at + 8, offset);
    view.setUint32(at + 12, count);
  };
  const store = HEADER_INTRO + indexSize;
  writeEntry(HEADER_INTRO, { tag: region, type: TYPE.binary, offset: end, count: 16 });
  for (const [position, entry] of index.entries()) {
    writeEntry(HEADER_INTRO + 16 * (position + 1), entry);
    bytes.set(sorted[position]?.data ?? [], store + entry.offset);
  }
  writeEntry(store + end, { tag: region, type: TYPE.binary, offset: -indexSize, count: 16 });
  return bytes;
}
