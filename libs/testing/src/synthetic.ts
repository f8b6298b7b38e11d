/** A file of a made-up package: its path without leading slash, and its bytes. */
export interface SyntheticFile {
  path: string;
  content: Uint8Array;
}

/** A made-up package of which both a `.deb` and an `.rpm` can be made. */
export interface SyntheticPackage {
  name: string;
  version: string;
  /** Independent of the machine, or for the 64 bit PC. */
  independent: boolean;
  section: string;
  summary: string;
  /** Paragraphs. */
  description: string[];
  homepage: string;
  depends: { name: string; atLeast: string }[];
  recommends: string[];
  provides: string[];
  files: SyntheticFile[];
}

export interface SyntheticOptions {
  seed?: number;
  /** What every name begins with. */
  prefix?: string;
}

const SYLLABLES = 'ba co di fu ga he ki lo mu na pe qui ro su ta vi wex yo zan stra gle chi pho rus'.split(' ');
const WORDS = 'a the of library program data server for files with small fast common support tools shared access'.split(
  ' ',
);
const SECTIONS = ['admin', 'devel', 'libs', 'libdevel', 'doc', 'net', 'perl', 'python', 'utils', 'science'];
const DIRECTORIES = [
  'bin',
  'lib/x86_64-linux-gnu',
  'share/doc',
  'share/man/man1',
  'share/locale/de',
  'include',
  'lib/python3',
];

/** Every so many packages there is one with a file of some megabytes. */
const LARGE_EVERY = 500;

/**
 * Packages as a distribution has them: names spread over the alphabet, dependencies among each other, descriptions of a
 * few paragraphs, and mostly 5 to 500 files, half of them more than 50. The same options give the same packages.
 */
export function* syntheticPackages(
  count: number,
  { seed = 1, prefix = '' }: SyntheticOptions = {},
): Generator<SyntheticPackage> {
  const random = randomNumbers(seed);
  const pool = textPool(random);
  const names = Array.from({ length: count }, (_, index) => `${prefix}${word(random)}-${word(random)}${index}`);
  for (const [index, name] of names.entries()) {
    const others = (most: number) =>
      [...new Set(Array.from({ length: Math.floor(random() * most) }, () => pick(random, names)))].filter(
        (other) => other !== name,
      );
    yield {
      name,
      version: `${Math.floor(random() * 10)}.${Math.floor(random() * 40)}.${index % 7}-1`,
      independent: random() < 0.4,
      section: pick(random, SECTIONS),
      summary: sentence(random, 7),
      description: Array.from({ length: 1 + Math.floor(random() * 4) }, () => sentence(random, 40)),
      homepage: `https://${name}.example.org/`,
      depends: [
        { name: 'libc6', atLeast: '2.34' },
        ...others(10).map((other) => ({ name: other, atLeast: `${Math.floor(random() * 4)}.0` })),
      ],
      recommends: others(3),
      provides: random() < 0.1 ? [`${name}-api`] : [],
      files: filesOf(name, index, random, pool),
    };
  }
}

/** Paths alone, as many as a package has: for indexes of packages that need no bytes. */
export function syntheticPaths(name: string, random: () => number): string[] {
  return Array.from({ length: Math.floor(5 * 100 ** random()) }, (_, index) => {
    const directory = `usr/${pick(random, DIRECTORIES)}/${name}`;
    return `${directory}/${index % 3 === 0 ? '' : `${word(random)}/`}${word(random)}-${index}`;
  });
}

/** Numbers from 0 to below 1 that depend on nothing but the seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function filesOf(name: string, index: number, random: () => number, pool: Buffer): SyntheticFile[] {
  const slice = (size: number) => {
    const from = Math.floor(random() * (pool.length - size));
    return pool.subarray(from, from + size);
  };
  const files = syntheticPaths(name, random).map((path) => ({
    path,
    content: slice(Math.floor(40 * 100 ** random())),
  }));
  if (index % LARGE_EVERY === LARGE_EVERY - 1) files.push({ path: `usr/lib/${name}/large`, content: slice(6_000_000) });
  return files;
}

/** Bytes that compress about as programs do. */
function textPool(random: () => number): Buffer {
  const pool = Buffer.alloc(8 << 20);
  for (let at = 0; at < pool.length; at += 8) {
    pool.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
    pool.writeUInt32LE(at >> 6, at + 4);
  }
  return pool;
}

function word(random: () => number): string {
  return Array.from({ length: 2 + Math.floor(random() * 2) }, () => pick(random, SYLLABLES)).join('');
}

function sentence(random: () => number, words: number): string {
  return Array.from({ length: words }, () => (random() < 0.5 ? pick(random, WORDS) : word(random))).join(' ');
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
