import { type Header, type HeaderEntry, renderHeader, TYPE } from '@fatbuildr/domain/rpm';
import type { KeyAlgorithm } from '../types.ts';

/** Signatures over the main header, by algorithm of the key (RPM file format, "Signature tags"). */
const OF_HEADER = { rsa: 268, ed25519: 267 } as const;
/** The old signatures over header and payload. */
const OF_ALL = { rsa: 1002, ed25519: 1005 } as const;
const RESERVED_SPACE = 1008;

/**
 * What else stays, with its type: sizes, digests, signatures of single files. No signature vouches for this header, and
 * rpm refuses a package for a tag in it that is none.
 */
const KEPT = new Map<number, number>([
  [269, TYPE.string],
  [270, TYPE.int64],
  [271, TYPE.int64],
  [273, TYPE.string],
  [274, TYPE.stringArray],
  [275, TYPE.int32],
  [276, TYPE.stringArray],
  [277, TYPE.int32],
  [1000, TYPE.int32],
  [1004, TYPE.binary],
  [1007, TYPE.int32],
]);

/**
 * A signature header with our signatures in the place of any others. Bytes that were reserved for them are used up, so
 * that the header keeps its length where they suffice.
 *
 * @param ofAll the signature over header and payload, for packages whose header does not name its payload's digest
 * @returns its bytes, padded to eight as the main header wants
 */
export function replaceSignatures(
  present: Header,
  algorithm: KeyAlgorithm,
  ofHeader: Uint8Array,
  ofAll?: Uint8Array,
): Uint8Array {
  const family = algorithm === 'ed25519' ? 'ed25519' : 'rsa';
  const kept = present.entries.filter(({ tag, type }) => KEPT.get(tag) === type);
  const entries = [...kept, signature(OF_HEADER[family], ofHeader)];
  if (ofAll) entries.push(signature(OF_ALL[family], ofAll));
  return padded(withReserve(entries, present.size) ?? renderHeader('signature', entries));
}

/** The header filled up to `size` bytes by reserved ones; undefined when there is no room for an entry. */
function withReserve(entries: readonly HeaderEntry[], size: number): Uint8Array | undefined {
  const least = renderHeader('signature', [...entries, reserved(1)]).length;
  return least > size ? undefined : renderHeader('signature', [...entries, reserved(size - least + 1)]);
}

function signature(tag: number, data: Uint8Array): HeaderEntry {
  return { tag, type: TYPE.binary, count: data.length, data };
}

function reserved(size: number): HeaderEntry {
  return { tag: RESERVED_SPACE, type: TYPE.binary, count: size, data: new Uint8Array(size) };
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  result.set(bytes);
  return result;
}
