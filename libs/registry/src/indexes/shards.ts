import type { ListKey } from '../store/members.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { Shard } from '../store/shards.ts';
import type { Store } from '../store/store.ts';
import { before, type IndexList } from './list.ts';
import { PACKERS } from './pack.ts';

/** Bytes of a piece, and those to which it may grow and shrink before it is split or joined. */
const USUAL = 256 << 10;
const MOST = 2 * USUAL;
const LEAST = USUAL / 4;
/** So many packages that come at once may be more than one piece. */
const MANY = 64;

/** What changes in a list. */
export interface ListChange {
  /** In order. */
  add: readonly ListKey[];
  /** Rows of packages. */
  remove: ReadonlySet<number>;
  /** Where the list is not what it was. */
  touched: readonly ListKey[];
  /** Nothing of what there is may be taken over. */
  anew: boolean;
}

/**
 * Renders and packs the pieces of a list that a change touches; the others stay. A list that has none is made from all
 * its packages. A piece is bounded in bytes, not in packages, so that a change costs the same in every list.
 *
 * @param onBody told of each body that is made: a row that nothing refers to yet
 * @returns the list's pieces after the change
 */
export async function changeShards(
  store: Store,
  repository: StoredRepository,
  list: IndexList,
  change: ListChange,
  onBody: (body: number) => void,
): Promise<Shard[]> {
  const present = change.anew ? [] : store.shards(repository, list.key);
  const render = async (first: number, end: number) => {
    const range = { from: first === 0 ? null : (present[first] as Shard), to: present[end] ?? null };
    const size = sizeOf(present.slice(first, end));
    const most = end > first && size <= MOST && change.add.length < MANY ? MOST : USUAL;
    const rendered: Shard[] = [];
    const partOf = partsFrom(store, list, present.slice(first, end));
    for await (const shard of renderRange(store, repository, list, change, range, partOf, most)) {
      rendered.push(shard);
      onBody(shard.body);
    }
    return rendered;
  };
  if (present.length === 0) return render(0, 0);

  const shards: Shard[] = [];
  const touched = touchedShards(present, change);
  for (let index = 0; index < present.length; ) {
    if (!touched.has(index)) {
      shards.push(present[index++] as Shard);
      continue;
    }
    const first = index;
    while (touched.has(index)) index += 1;
    let rendered = await render(first, index);
    if (sizeOf(rendered) < LEAST && index < present.length) {
      index += 1;
      store.dropBodies(rendered.map(({ body }) => body));
      rendered = await render(first, index);
    }
    shards.push(...rendered);
  }
  return shards;
}

/**
 * What packages put into a list, to be asked in the order of the list: from its pieces, one after the other, which is
 * quicker than from each package's own row; new ones have that alone.
 */
function partsFrom(store: Store, list: IndexList, shards: readonly Shard[]): (key: ListKey) => Uint8Array {
  let parts = new Map<number, Uint8Array>();
  const left = list.keepsPlain ? [...shards] : [];
  return (key) => {
    let reached: Shard | undefined;
    while (left[0] && !before(key, left[0])) reached = left.shift();
    if (reached) parts = partsIn(store, reached);
    return parts.get(key.package) ?? store.part(key.package, list.part);
  };
}

function partsIn(store: Store, { body }: Shard): Map<number, Uint8Array> {
  const parts = new Map<number, Uint8Array>();
  const piece = store.plainPiece(body);
  for (let at = 0, from = 0; piece && at < piece.entries.length; at += 2) {
    const [row = 0, length = 0] = piece.entries.subarray(at, at + 2);
    parts.set(row, piece.plain.subarray(from, from + length));
    from += length;
  }
  return parts;
}

/** Which pieces a change is about, by index: a package belongs to the last piece that begins before it. */
function touchedShards(present: readonly Shard[], { touched: keys }: ListChange): Set<number> {
  const touched = new Set<number>();
  for (const key of keys) {
    let [low, high] = [0, present.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (before(key, present[middle] as Shard)) high = middle - 1;
      else low = middle;
    }
    touched.add(low);
  }
  return touched;
}

/** From a place in a list up to another, which is left out; null for its begin and its end. */
interface Range {
  from: ListKey | null;
  to: ListKey | null;
}

function sizeOf(shards: readonly Shard[]): number {
  return shards.reduce((sum, { size }) => sum + size, 0);
}

/**
 * Renders the packages of a range into pieces, and keeps their bytes.
 *
 * @param partOf what a package puts in
 * @param most bytes after which a piece ends
 */
async function* renderRange(
  store: Store,
  repository: StoredRepository,
  list: IndexList,
  change: ListChange,
  range: Range,
  partOf: (key: ListKey) => Uint8Array,
  most: number,
): AsyncGenerator<Shard> {
  let open: { key: ListKey; part: Uint8Array }[] = [];
  let size = 0;
  const close = async (): Promise<Shard> => {
    const parts = open.map(({ part }) => part);
    const plain = list.join?.(parts) ?? Buffer.concat(parts);
    const packed = await PACKERS[list.compression].pack(plain);
    const entries = Uint32Array.from(open.flatMap(({ key, part }) => [key.package, part.length]));
    const body = store.addBody(list.keepsPlain ? { entries, plain } : null, packed);
    const shard = { ...(open[0]?.key as ListKey), count: open.length, size: plain.length, body };
    open = [];
    size = 0;
    return shard;
  };
  for (const key of keysAfter(store, repository, list, change, range)) {
    const part = partOf(key);
    if (size >= most) yield await close();
    open.push({ key: { name: key.name, package: key.package }, part });
    size += part.length;
  }
  if (open.length > 0) yield await close();
}

/** What stands in a range of the list once the change is made, in order. */
function* keysAfter(
  store: Store,
  repository: StoredRepository,
  list: IndexList,
  { add, remove }: ListChange,
  { from, to }: Range,
): Generator<ListKey> {
  const coming = add.filter((key) => !(from && before(key, from)) && !(to && !before(key, to))).values();
  let next = coming.next();
  for (const page of store.listed(repository, list, from, to)) {
    for (const key of page) {
      while (!next.done && before(next.value, key)) {
        yield next.value;
        next = coming.next();
      }
      if (!remove.has(key.package)) yield key;
    }
  }
  for (; !next.done; next = coming.next()) yield next.value;
}
