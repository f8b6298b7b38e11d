import type { ListedIndexes, ListedPackage, ListedRelease, MetadataEntry } from '../import/listed.ts';

/** The lists of a repository, by what is made of them. */
export interface ListReadings {
  release: ListedRelease;
  'apt-list': ListedPackage[];
  repomd: ListedIndexes;
  'rpm-list': ListedPackage[];
  group: MetadataEntry[];
  updateinfo: MetadataEntry[];
  modules: MetadataEntry[];
}

/** What a reading process is told of a file. */
export interface Opening {
  name: string;
  /** A list; without it, a package. */
  list?: keyof ListReadings;
  /** Bytes. */
  size: number;
}

/** A reading process wants up to that many bytes from an offset; they come in a frame of their own. */
export interface Wish {
  read: [offset: number, length: number];
}

/** What a file says of itself, or why it cannot be read. */
export type Answer = { result: object } | { unreadable: string };

/** The most bytes that are asked for at once. */
export const READ_LIMIT = 1 << 20;
