import { HEADER_INTRO, headerSize, UnreadableRpm } from './header.ts';

/** Bytes of the lead, which every package begins with. */
export const LEAD_SIZE = 96;
const LEAD_MAGIC = [0xed, 0xab, 0xee, 0xdb];

/** RPMSIGTYPE_HEADERSIG, the only type since 1996. */
const HEADER_SIGNATURES = 5;

/** Where the parts of a package are, in bytes from its begin. */
export interface RpmParts {
  signature: { start: number; end: number };
  /** The main header; the payload follows. */
  header: { start: number; end: number };
}

/**
 * Finds the parts of a package file: lead, signature header padded to eight, main header, payload.
 *
 * @param read the `length` bytes at `offset`, fewer at the end of the file
 * @throws UnreadableRpm
 */
export async function locateRpmParts(read: (offset: number, length: number) => Promise<Uint8Array>): Promise<RpmParts> {
  const lead = await read(0, LEAD_SIZE + HEADER_INTRO);
  if (lead.length < LEAD_SIZE || LEAD_MAGIC.some((byte, index) => lead[index] !== byte)) {
    throw new UnreadableRpm('not an RPM package');
  }
  if (lead[4] !== 3 && lead[4] !== 4) throw new UnreadableRpm(`unknown package format ${lead[4]}`);
  const signatureType = (lead[78] as number) * 256 + (lead[79] as number);
  if (signatureType !== HEADER_SIGNATURES) throw new UnreadableRpm(`unknown type of signature ${signatureType}`);
  const signature = headerSize(lead.subarray(LEAD_SIZE), 'the signature header');
  const signatureEnd = LEAD_SIZE + signature.size;
  const start = Math.ceil(signatureEnd / 8) * 8;
  const header = headerSize(await read(start, HEADER_INTRO), 'the main header');
  return { signature: { start: LEAD_SIZE, end: signatureEnd }, header: { start, end: start + header.size } };
}
