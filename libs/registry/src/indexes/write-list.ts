import type { Wave } from '../shared/wave.ts';
import type { Shard } from '../store/shards.ts';
import type { Store } from '../store/store.ts';
import type { Beginning, Beginnings } from './beginnings.ts';
import type { IndexList, RenderedList } from './list.ts';
import { PACKERS } from './pack.ts';

/** Bytes that are written at once. */
const CHUNK = 1 << 20;

/**
 * Writes a list from its pieces: each is read once, hashed and appended.
 *
 * @param key by which `beginnings` knows it
 */
export async function writeList(
  store: Store,
  list: IndexList,
  shards: readonly Shard[],
  wave: Wave,
  beginnings: Beginnings,
  key: string,
): Promise<RenderedList> {
  const { pack, unpack } = PACKERS[list.compression];
  const frame = list.frame?.(shards.reduce((sum, { count }) => sum + count, 0));
  // What a frame begins with tells the number of packages: each time the whole file is another.
  const bodies = frame ? [] : shards.map(({ body }) => body);
  const done = beginnings.find(key, bodies);

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let open: Uint8Array[] = [];
    let size = 0;
    for await (const piece of pieces()) {
      open.push(piece);
      size += piece.length;
      if (size < CHUNK) continue;
      yield Buffer.concat(open);
      open = [];
      size = 0;
    }
    if (size > 0) yield Buffer.concat(open);
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    // A file without a single member is none that gzip opens.
    if (frame || shards.length === 0) yield await framed(frame?.head ?? '');
    const from = done.count;
    for (const [index, { body }] of shards.entries()) {
      const isHashed = index < from;
      const { plain, packed } = store.body(body, !isHashed && list.keepsPlain);
      if (!isHashed) {
        digest(done.plain, plain ?? (await unpack(packed)));
        digest(done.packed, packed);
        done.count += 1;
        beginnings.reached(key, bodies, done);
      }
      yield packed;
    }
    if (frame) yield await framed(frame.tail);
  }
  async function framed(text: string): Promise<Uint8Array> {
    const plain = Buffer.from(text);
    const packed = await pack(plain);
    digest(done.plain, plain);
    digest(done.packed, packed);
    return packed;
  }

  const staged = await wave.stage(chunks());
  const [plain, packed] = [done.plain, done.packed].map(({ size, hash }) => ({ size, sha256: hash.digest('hex') })) as [
    RenderedList['plain'],
    RenderedList['plain'],
  ];
  return { list, staged, ...packed, plain };
}

function digest(into: Beginning['plain'], bytes: Uint8Array): void {
  into.hash.update(bytes);
  into.size += bytes.length;
}
