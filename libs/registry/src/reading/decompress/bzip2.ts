import { type Bits, bitsOf } from './bits.ts';
import { codeOf, type PrefixCode, symbolOf } from './bzip2-code.ts';
import { bzip2Crc } from './bzip2-crc.ts';
import { lookAhead } from './lookahead.ts';

/** Beginnings of a block and of the end of a stream: the digits of pi, and of its square root. */
const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;
/** Bytes of a block, by the digit in the head of its stream. */
const BLOCK_UNIT = 100_000;
/** What follows a byte that came four times says how many more of it there are. */
const RUN = 4;
const GROUP = 50;
const LONGEST_CODE = 20;
const CHUNK = 64 << 10;

/**
 * Unpacks bzip2: streams one after the other, each with the sums of its blocks and of all of them. Holds one block, and
 * what it may be packed in. Blocks that were made random, as bzip2 before 0.9.5 wrote them, are refused.
 *
 * @throws Error when it is no bzip2, damaged or cut off
 */
export async function* unpackBzip2(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = lookAhead(packed);
  const bits = bitsOf(input);
  let room = new Uint32Array(0);
  await input.fill(4);
  do {
    const level = bits.take(8) === 0x42 && bits.take(16) === 0x5a68 ? bits.take(8) - 0x30 : 0;
    if (level < 1 || level > 9) throw new Error('it is no bzip2, or something else follows it');
    const most = level * BLOCK_UNIT;
    if (room.length < most) room = new Uint32Array(most);
    const block = room.subarray(0, most);
    let sums = 0;
    for (;;) {
      // Each byte of a block takes one code at most; before them come maps and codes.
      await input.fill(((most + GROUP) * LONGEST_CODE) / 8 + CHUNK);
      const start = [bits.take(24), bits.take(24)] as const;
      const sum = (bits.take(16) << 16) | bits.take(16);
      if (start[0] === END[0] && start[1] === END[1]) {
        if (sum !== sums) throw new Error('its sum of all blocks is wrong');
        break;
      }
      if (start[0] !== BLOCK[0] || start[1] !== BLOCK[1]) throw new Error('a block of it is damaged');
      const crc = bzip2Crc();
      for (const chunk of plainOf(block, readBlock(bits, block))) {
        crc.add(chunk);
        yield chunk;
      }
      if (crc.value() !== sum) throw new Error('the sum of a block is wrong');
      sums = ((sums << 1) | (sums >>> 31)) ^ sum;
    }
    bits.align();
    await input.fill(4);
  } while (input.at < input.bytes.length);
}

/** What is read of a block: how many bytes of it are in the array, and where the first is told of. */
interface BlockRead {
  size: number;
  origin: number;
}

/** Reads the bytes of a block into the lowest eight bits of an array, still sorted (Burrows and Wheeler). */
function readBlock(bits: Bits, block: Uint32Array): BlockRead {
  if (bits.take(1) === 1) throw new Error('it has a block that was made random, as bzip2 before 0.9.5 wrote them');
  const origin = bits.take(24);
  const recent = usedBytes(bits);
  const symbols = recent.length + 2;
  const { codes, selectors } = readCodes(bits, symbols);
  const end = symbols - 1;
  let size = 0;
  let [run, weight] = [0, 1];
  for (const selector of selectors) {
    const code = codes[selector] as PrefixCode;
    for (let left = GROUP; left > 0; left -= 1) {
      const symbol = symbolOf(code, bits);
      // The length of a run, in digits of one and two, the lowest first.
      if (symbol < 2) {
        run += weight << symbol;
        weight <<= 1;
        if (run > block.length - size) throw new Error('a block of it is too large');
        continue;
      }
      if (run > 0) {
        block.fill(recent[0] as number, size, size + run);
        size += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) {
        if (origin >= size) throw new Error('a block of it starts nowhere');
        return { size, origin };
      }
      if (size === block.length) throw new Error('a block of it is too large');
      const place = symbol - 1;
      const byte = recent[place] as number;
      // Most are near the front: quicker than a call.
      for (let index = place; index > 0; index -= 1) recent[index] = recent[index - 1] as number;
      recent[0] = byte;
      block[size] = byte;
      size += 1;
    }
  }
  throw new Error('a block of it has no end');
}

/** The bytes that a block has, in their order. */
function usedBytes(bits: Bits): Uint8Array {
  const used: number[] = [];
  const ranges = bits.take(16);
  for (let range = 0; range < 16; range += 1) {
    if (((ranges >>> (15 - range)) & 1) === 0) continue;
    const map = bits.take(16);
    for (let low = 0; low < 16; low += 1) if ((map >>> (15 - low)) & 1) used.push(range * 16 + low);
  }
  if (used.length === 0) throw new Error('a block of it has no bytes');
  return Uint8Array.from(used);
}

/** The codes of a block, and which of them each group of symbols is in. */
function readCodes(bits: Bits, symbols: number): { codes: PrefixCode[]; selectors: Uint8Array } {
  const count = bits.take(3);
  const selectors = new Uint8Array(bits.take(15));
  if (count < 2 || count > 6 || selectors.length === 0) throw new Error('the codes of a block are damaged');
  const recent = Uint8Array.from({ length: count }, (_, index) => index);
  for (let index = 0; index < selectors.length; index += 1) {
    let place = 0;
    while (bits.take(1) === 1) place += 1;
    if (place >= count) throw new Error('the codes of a block are damaged');
    const selector = recent[place] as number;
    recent.copyWithin(1, 0, place);
    recent[0] = selector;
    selectors[index] = selector;
  }
  const codes = Array.from({ length: count }, () => codeOf(readLengths(bits, symbols)));
  return { codes, selectors };
}

/** Each length is told by how it differs from the one before. */
function readLengths(bits: Bits, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols);
  let length = bits.take(5);
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    while (bits.take(1) === 1) length += bits.take(1) === 0 ? 1 : -1;
    if (length < 1 || length > LONGEST_CODE) throw new Error('the codes of a block are damaged');
    lengths[symbol] = length;
  }
  return lengths;
}

/** Puts the bytes of a block into their order, and writes its runs out. */
function* plainOf(block: Uint32Array, { size, origin }: BlockRead): Generator<Buffer> {
  const places = new Uint32Array(256);
  for (let index = 0; index < size; index += 1) (places[block[index] as number] as number)++;
  for (let byte = 0, place = 0; byte < 256; byte += 1) {
    const count = places[byte] as number;
    places[byte] = place;
    place += count;
  }
  for (let index = 0; index < size; index += 1) {
    const byte = (block[index] as number) & 0xff;
    const place = places[byte] as number;
    places[byte] = place + 1;
    block[place] = (block[place] as number) | (index << 8);
  }
  let chunk = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  let [last, equal] = [-1, 0];
  let entry = block[(block[origin] as number) >>> 8] as number;
  for (let left = size; left > 0; left -= 1) {
    const byte = entry & 0xff;
    entry = block[entry >>> 8] as number;
    if (equal === RUN) {
      chunk.fill(last, filled, filled + byte);
      filled += byte;
      equal = 0;
    } else {
      equal = byte === last ? equal + 1 : 1;
      last = byte;
      chunk[filled] = byte;
      filled += 1;
    }
    if (filled > CHUNK - 256) {
      yield chunk.subarray(0, filled);
      chunk = Buffer.allocUnsafe(CHUNK);
      filled = 0;
    }
  }
  yield chunk.subarray(0, filled);
}
