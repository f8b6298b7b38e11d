import { UnreadablePackage } from '../../apt/read/ar.ts';
import { type Compression, decompress, isCompression } from '../../apt/read/decompress.ts';
import type { Bytes } from '../../reading/bytes.ts';

/** Bytes of a list that is not compressed: thirty times those of Debian's largest. */
const MOST_PLAIN = 2 ** 31;
/** Characters of what is told of one package. */
const MOST_IN_PIECE = 16 << 20;
/** Characters that are worth a look for ends: each costs as much as all that is held. */
const AT_ONCE = 1 << 20;
/** An end may lie across two chunks; what was looked at before is not looked at again. */
const LONGEST_END = 256;

/**
 * The text of a list, cut after each `end`, and what follows the last; compressed as its name says.
 *
 * @throws UnreadablePackage when it is compressed in another way, or too large
 */
export async function* piecesOf(bytes: Bytes, name: string, end: RegExp): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let looked = 0;
  function* cut(): Generator<string> {
    let from = 0;
    const before = Math.max(0, looked - LONGEST_END);
    for (const { index, 0: match } of rest.slice(before).matchAll(end)) {
      yield rest.slice(from, before + index + match.length);
      from = before + index + match.length;
    }
    rest = rest.slice(from);
    looked = rest.length;
    if (looked > MOST_IN_PIECE) throw new UnreadablePackage('what it says of one package is too long');
  }
  for await (const chunk of decompress(bytes, compressionOf(name), MOST_PLAIN)) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    if (rest.length - looked > AT_ONCE) yield* cut();
  }
  rest += decoder.decode();
  yield* cut();
  if (rest.trim() !== '') yield rest;
}

/**
 * The whole text of a file that is compressed as its name says.
 *
 * @param most bytes, not compressed
 * @throws UnreadablePackage when there are more, or it is no UTF-8
 */
export async function plainText(bytes: Bytes, name: string, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompress(bytes, compressionOf(name), most)) chunks.push(chunk as Buffer);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new UnreadablePackage('it is no text in UTF-8', { cause });
  }
}

function compressionOf(name: string): Compression {
  const compression = /\.(?:gz|xz|zst|bz2|lzma|zck)$/.exec(name)?.[0] ?? '';
  if (isCompression(compression)) return compression;
  throw new UnreadablePackage(`${compression} is no compression that is known`);
}
