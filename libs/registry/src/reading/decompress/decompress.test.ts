import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackBzip2 } from './bzip2.ts';
import { unpackLzma } from './lzma.ts';

type Unpack = (packed: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Far above what any of the tests packs. */
const MOST = 16 << 20;

async function unpacked(unpack: Unpack, packed: Buffer, piece = 64 << 10): Promise<Buffer> {
  const plain: Buffer[] = [];
  let size = 0;
  for await (const chunk of unpack(inPieces(packed, piece))) {
    plain.push(chunk);
    size += chunk.length;
    if (size > MOST) throw new Error('too much');
  }
  return Buffer.concat(plain);
}

function packedBy(program: string, args: readonly string[], input: Buffer): Buffer {
  return execFileSync(program, ['-c', ...args], { input, maxBuffer: MOST });
}

const text = Buffer.from(
  Array.from({ length: 40_000 }, (_, line) => `${line % 97}: the quick ${(line * 7919) % 1013}\n`).join(''),
);
const noise = randomBytes(300_000);
const shapes: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  [
    'runs of four and about it',
    Buffer.from([3, 4, 5, 6, 258, 259, 260, 261].map((n, i) => String(i).repeat(n)).join('')),
  ],
  ['one long run', Buffer.alloc(3_000_000, 'x')],
  ['text', text],
  ['noise', noise],
  ['all together, and again from afar', Buffer.concat([text, noise, Buffer.alloc(70_000), text, noise])],
  ['every byte', Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index) & 0xff))],
];

const kinds: { kind: string; unpack: Unpack; program: string; levels: string[][] }[] = [
  { kind: 'bzip2', unpack: unpackBzip2, program: 'bzip2', levels: [['-1'], ['-5'], ['-9']] },
  {
    kind: 'lzma',
    unpack: unpackLzma,
    program: 'xz',
    levels: [
      ['--format=lzma', '-0'],
      ['--format=lzma', '-6'],
      ['--format=lzma', '--lzma1=lc=0,lp=2,pb=0,dict=4KiB'],
      ['--format=lzma', '--lzma1=lc=1,lp=3,pb=4,dict=96KiB,mode=fast'],
    ],
  },
];

describe.each(kinds)('$kind', ({ unpack, program, levels }) => {
  test.each(shapes)('of %s is what it was', async (_, plain) => {
    for (const level of levels) {
      const packed = packedBy(program, level, plain);
      expect((await unpacked(unpack, packed)).equals(plain)).toBe(true);
    }
  });

  test('is the same in whatever pieces it comes', async () => {
    const packed = packedBy(program, levels[0] as string[], text);
    for (const piece of [1, 7, 4096]) expect((await unpacked(unpack, packed, piece)).equals(text)).toBe(true);
  });

  test('that is cut off anywhere is an error', async () => {
    const packed = packedBy(program, levels[0] as string[], text.subarray(0, 3000));
    for (let end = 0; end < packed.length; end += 1) {
      await expect(unpacked(unpack, packed.subarray(0, end)), `${end} bytes`).rejects.toThrow(Error);
    }
  });

  test('with something behind it is an error', async () => {
    const packed = packedBy(program, levels[0] as string[], text.subarray(0, 3000));
    await expect(unpacked(unpack, Buffer.concat([packed, Buffer.from('more')]))).rejects.toThrow(/follows/);
  });

  test('whatever else is in it, it ends, and in no other error than its own', async () => {
    const packed = packedBy(
      program,
      levels.at(-1) as string[],
      Buffer.concat([text.subarray(0, 2000), noise.subarray(0, 500)]),
    );
    const change = fc.record({ at: fc.nat(packed.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Buffer.from(packed);
        for (const { at, byte } of changes) damaged[at] = byte;
        const error = await unpacked(unpack, damaged).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        // Not one of the language's own: those would be mistakes of ours.
        if (error !== undefined) expect((error as Error).constructor).toBe(Error);
      }),
      { numRuns: 400 },
    );
  });
});

describe('bzip2', () => {
  const packed = packedBy('bzip2', ['-1'], text);

  test('is read stream after stream', async () => {
    const streams = ['-9', '-1', '-5'].map((level) => packedBy('bzip2', [level], text));
    const empty = packedBy('bzip2', [], Buffer.alloc(0));
    const plain = await unpacked(unpackBzip2, Buffer.concat([empty, ...streams, empty]));
    expect(plain.equals(Buffer.concat([text, text, text]))).toBe(true);
  });

  test.each([
    ['the sum of a block', 10, 'the sum of a block is wrong'],
    ['the mark that it was made random', 14, 'made random'],
    ['the head', 2, 'no bzip2'],
    ['the level', 3, 'no bzip2'],
  ])('with another %s is an error', async (_, at, message) => {
    const damaged = Buffer.from(packed);
    damaged[at] = (damaged[at] as number) ^ 0x80;
    await expect(unpacked(unpackBzip2, damaged)).rejects.toThrow(message);
  });

  test('with another sum of all blocks is an error', async () => {
    const damaged = packedBy('bzip2', [], Buffer.alloc(0));
    damaged[10] = 1;
    await expect(unpacked(unpackBzip2, damaged)).rejects.toThrow('sum of all blocks');
  });

  test('of many empty streams takes a time in proportion', async () => {
    const empty = packedBy('bzip2', ['-9'], Buffer.alloc(0));
    expect(await unpacked(unpackBzip2, Buffer.concat(Array<Buffer>(20_000).fill(empty)))).toHaveLength(0);
  }, 5000);
});

describe('lzma', () => {
  /** With the size in its head, as lzma-utils wrote it for files: xz writes a mark at the end instead. */
  function sized(size: number): Buffer {
    const packed = Buffer.from(packedBy('xz', ['--format=lzma'], text));
    packed.writeBigUInt64LE(BigInt(size), 5);
    return packed;
  }

  test('may say its size, with a mark at the end all the same', async () => {
    expect((await unpacked(unpackLzma, sized(text.length))).equals(text)).toBe(true);
  });

  test('that is more or less than it says is an error', async () => {
    await expect(unpacked(unpackLzma, sized(text.length + 1))).rejects.toThrow('less than it says');
    await expect(unpacked(unpackLzma, sized(text.length - 1))).rejects.toThrow('more than it says');
    await expect(unpacked(unpackLzma, sized(0))).rejects.toThrow('more than it says');
  });

  test('with a dictionary above 64 MiB is refused before it is held', async () => {
    const packed = Buffer.from(packedBy('xz', ['--format=lzma'], text));
    packed.writeUInt32LE((64 << 20) + 1, 1);
    await expect(unpacked(unpackLzma, packed)).rejects.toThrow('may be 67108864: pack it again');
  });
});
