import { createHash } from 'node:crypto';
import type { Wave } from '../shared/wave.ts';
import type { Shard } from '../store/shards.ts';
import type { Store } from '../store/store.ts';
import type { IndexList, RenderedList } from './list.ts';
import { PACKERS } from './pack.ts';

/** Bytes that are written at once. */
const CHUNK = 1 << 20;

/** Writes a list from its pieces: each is read once, hashed and appended. */
export async function writeList(
  store: Store,
  list: IndexList,
  shards: readonly Shard[],
  wave: Wave,
): Promise<RenderedList> {
  const [packedHash, plainHash] = [createHash('sha256'), createHash('sha256')];
  let [size, plainSize] = [0, 0];
  const { pack } = PACKERS[list.compression];
  const frame = list.frame?.(shards.reduce((sum, { count }) => sum + count, 0));

  async function* pieces(): AsyncGenerator<{ plain: Uint8Array | null; packed: Uint8Array }> {
    const framed = async (text: string) => ({ plain: Buffer.from(text), packed: await pack(Buffer.from(text)) });
    // A file without a single member is none that gzip opens.
    if (frame || shards.length === 0) yield await framed(frame?.head ?? '');
    for (const { body } of shards) yield store.body(body);
    if (frame) yield await framed(frame.tail);
  }
  async function* packed(): AsyncGenerator<Uint8Array> {
    let chunk: Uint8Array[] = [];
    let length = 0;
    for await (const piece of pieces()) {
      if (piece.plain) {
        plainHash.update(piece.plain);
        plainSize += piece.plain.length;
      }
      packedHash.update(piece.packed);
      size += piece.packed.length;
      chunk.push(piece.packed);
      length += piece.packed.length;
      if (length < CHUNK) continue;
      yield Buffer.concat(chunk);
      chunk = [];
      length = 0;
    }
    if (length > 0) yield Buffer.concat(chunk);
  }

  const staged = await wave.stage(packed());
  return {
    list,
    staged,
    size,
    sha256: packedHash.digest('hex'),
    plain: list.digestPlain ? { size: plainSize, sha256: plainHash.digest('hex') } : null,
  };
}
