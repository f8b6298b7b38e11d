import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { LISTS, type ListedRpm, type ListName, type RpmStore, type Shard } from './store.ts';

export const COMPRESSIONS = {
  gzip: { suffix: '.gz', pack: promisify(gzip) },
  zstd: { suffix: '.zst', pack: promisify(zstdCompress) },
} as const;
export type Compression = keyof typeof COMPRESSIONS;

/** A list as it is written: the pieces of the file, and what is told of it. */
export interface RenderedList {
  /** As `repomd.xml` calls it. */
  type: string;
  /** The end of its file's name: `primary.xml.gz`. */
  file: string;
  packed: Uint8Array[];
  size: number;
  sha256: string;
  openSize: number;
  openSha256: string;
}

/** A package of a list; what is new has its element at hand. */
export interface ShardedRpm extends Omit<ListedRpm, 'id'> {
  fragment(list: ListName): string;
}

const NAMESPACES: Record<ListName, { root: string; xmlns: string }> = {
  primary: {
    root: 'metadata',
    xmlns: 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"',
  },
  filelists: { root: 'filelists', xmlns: 'xmlns="http://linux.duke.edu/metadata/filelists"' },
  other: { root: 'otherdata', xmlns: 'xmlns="http://linux.duke.edu/metadata/other"' },
};

/**
 * Renders the lists of a target. They are compressed by shards of about 256 packages, whose members follow one another
 * in the file (gzip and zstd allow it); a shard that is as it was comes from the store.
 *
 * @param key of the target in the store
 */
export async function renderLists(
  store: RpmStore,
  key: string,
  packages: readonly ShardedRpm[],
  compression: Compression,
): Promise<{ lists: RenderedList[]; shards: Set<string> }> {
  const shards = splitShards(packages).map((members) => ({ members, id: shardId(members, compression) }));
  const lists: RenderedList[] = [];
  for (const list of LISTS) {
    const { root, xmlns } = NAMESPACES[list];
    const pack = async (plain: Buffer): Promise<Shard> => ({
      plain,
      packed: await COMPRESSIONS[compression].pack(plain),
    });
    const writer = listWriter();
    const head = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${xmlns} packages="${packages.length}">\n`;
    writer.add(await pack(Buffer.from(head)));
    for (const { members, id } of shards) {
      const kept = store.shard(key, list, id);
      const shard = kept ?? (await pack(Buffer.from(members.map((each) => each.fragment(list)).join(''))));
      if (!kept) store.keepShard(key, list, id, shard);
      writer.add(shard);
    }
    writer.add(await pack(Buffer.from(`</${root}>\n`)));
    lists.push({ type: list, file: `${list}.xml${COMPRESSIONS[compression].suffix}`, ...writer.end() });
  }
  return { lists, shards: new Set(shards.map(({ id }) => id)) };
}

/** Where a shard ends depends on its last package alone, so that a change moves no other shard's end. */
function splitShards(packages: readonly ShardedRpm[]): ShardedRpm[][] {
  const sorted = packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.digest, b.digest));
  const shards: ShardedRpm[][] = [];
  let open: ShardedRpm[] = [];
  for (const each of sorted) {
    open.push(each);
    if (!each.digest.startsWith('00')) continue;
    shards.push(open);
    open = [];
  }
  return open.length === 0 ? shards : [...shards, open];
}

function shardId(members: readonly ShardedRpm[], compression: Compression): string {
  const hash = createHash('sha256').update(compression);
  for (const { digest } of members) hash.update(digest);
  return hash.digest('hex');
}

function listWriter() {
  const [packedHash, plainHash] = [createHash('sha256'), createHash('sha256')];
  const packed: Uint8Array[] = [];
  let [size, openSize] = [0, 0];
  return {
    add(shard: Shard): void {
      packed.push(shard.packed);
      packedHash.update(shard.packed);
      plainHash.update(shard.plain);
      size += shard.packed.length;
      openSize += shard.plain.length;
    },
    end: () => ({ packed, size, sha256: packedHash.digest('hex'), openSize, openSha256: plainHash.digest('hex') }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
