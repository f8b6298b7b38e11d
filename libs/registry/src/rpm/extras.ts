import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ManifestEntry } from '../apt/types.ts';
import type { RpmLayout, RpmTarget } from './layout.ts';
import { COMPRESSIONS, type Compression, type RenderedList } from './shards.ts';
import type { ExtraMetadata } from './types.ts';

/** The names of files that come from outside and are passed through as they are. */
const FILES = { group: 'comps.xml', updateinfo: 'updateinfo.xml', modules: 'modules.yaml' } as const;
export type ExtraType = keyof typeof FILES;
const TYPES = Object.keys(FILES) as ExtraType[];

/** What a directory has beside its lists of packages. */
export interface PlannedExtras {
  contents: Map<ExtraType, Uint8Array>;
  changed: boolean;
}

/**
 * The extras of a directory: those of the present publication, and what is asked for in their place.
 *
 * @param kept the directory's entries of the present manifest
 */
export async function planExtras(
  layout: RpmLayout,
  target: RpmTarget,
  kept: readonly ManifestEntry[],
  asked: readonly ExtraMetadata[],
): Promise<PlannedExtras> {
  const contents = new Map<ExtraType, Uint8Array>();
  for (const type of TYPES) {
    const entry = kept.find(({ path }) => /\.(gz|zst)$/.test(path) && path.includes(`-${FILES[type]}.`));
    if (entry) contents.set(type, unpack(entry.path, await readFile(join(layout.top, entry.path))));
  }
  let changed = false;
  for (const { derivative, architecture, type, content } of asked) {
    if (derivative !== target.derivative || (architecture ?? target.directory) !== target.directory) continue;
    const present = contents.get(type);
    if (content === null ? !present : present && Buffer.compare(present, content) === 0) continue;
    changed = true;
    if (content === null) contents.delete(type);
    else contents.set(type, content);
  }
  return { contents, changed };
}

/** Compresses them, and says of each what `repomd.xml` tells. */
export async function renderExtras({ contents }: PlannedExtras, compression: Compression): Promise<RenderedList[]> {
  const { suffix, pack } = COMPRESSIONS[compression];
  const render = async ([type, content]: [ExtraType, Uint8Array]): Promise<RenderedList> => {
    const packed = await pack(content);
    return {
      type,
      file: `${FILES[type]}${suffix}`,
      packed: [packed],
      size: packed.length,
      sha256: digest(packed),
      openSize: content.length,
      openSha256: digest(content),
    };
  };
  return Promise.all([...contents].map(render));
}

function unpack(path: string, bytes: Buffer): Uint8Array {
  return path.endsWith('.zst') ? zstdDecompressSync(bytes) : gunzipSync(bytes);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
