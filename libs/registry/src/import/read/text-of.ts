import { UnreadablePackage } from '../../apt/read/ar.ts';
import { type Compression, decompress, isCompression } from '../../apt/read/decompress.ts';
import type { Bytes } from '../../reading/bytes.ts';

/** Bytes of a list that is not compressed: thirty times those of Debian's largest. */
const MOST_PLAIN = 2 ** 31;
/** Characters of what is told of one package. */
const MOST_IN_PIECE = 32 << 20;

/**
 * The text of a list, cut after each `end`, and what follows the last; compressed as its name says.
 *
 * @throws UnreadablePackage when it is compressed in another way, or too large
 */
export async function* piecesOf(bytes: Bytes, name: string, end: RegExp): AsyncGenerator<string> {
  const compression = /\.(?:gz|xz|zst|bz2|lzma)$/.exec(name)?.[0] ?? '';
  if (!isCompression(compression)) throw new UnreadablePackage(`${compression} is no compression that is known`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of decompress(bytes, compression satisfies Compression, MOST_PLAIN)) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    let from = 0;
    for (const { index, 0: match } of rest.matchAll(end)) {
      yield rest.slice(from, index + match.length);
      from = index + match.length;
    }
    rest = rest.slice(from);
    if (rest.length > MOST_IN_PIECE) throw new UnreadablePackage('what it says of one package is too long');
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest;
}
