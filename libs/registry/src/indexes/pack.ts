import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';

/** Compressions whose pieces may follow one another in a file: gzip members and zstd frames. xz streams may not. */
export const PACKERS = {
  gzip: { suffix: '.gz', pack: promisify(gzip) as (plain: Uint8Array) => Promise<Uint8Array> },
  zstd: { suffix: '.zst', pack: promisify(zstdCompress) as (plain: Uint8Array) => Promise<Uint8Array> },
} as const;

export type Compression = keyof typeof PACKERS;
