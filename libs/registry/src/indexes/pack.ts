import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';

type Convert = (bytes: Uint8Array) => Promise<Uint8Array>;

const asIs: Convert = async (bytes) => bytes;

/** Compressions whose pieces may follow one another in a file: gzip members and zstd frames. xz streams may not. */
export const PACKERS = {
  gzip: { suffix: '.gz', pack: promisify(gzip) as Convert, unpack: promisify(gunzip) as Convert },
  zstd: { suffix: '.zst', pack: promisify(zstdCompress) as Convert, unpack: promisify(zstdDecompress) as Convert },
  none: { suffix: '', pack: asIs, unpack: asIs },
} as const;

export type Compression = keyof typeof PACKERS;
