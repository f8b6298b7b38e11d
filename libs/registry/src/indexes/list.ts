import type { ChangedRow, ListFilter, ListKey } from '../store/members.ts';
import type { Compression } from './pack.ts';

/** An index file of a repository: which packages it takes, and how they become the file. */
export interface IndexList extends ListFilter {
  /** The file's path without what changes with its content: `main/binary-amd64/Packages`. */
  key: string;
  /** What each package puts in, as ingest rendered it. */
  part: string;
  compression: Compression;
  /**
   * Whether the pieces are kept as they are too: a change and the digest of the file unpacked cost less, for twice the
   * room. Not together with `join`.
   */
  keepsPlain: boolean;
  /** Large, and no client's trust hangs on it: where it is really large it may lag behind the packages. */
  mayLag: boolean;
  /** What stands before and after the packages. @param count of packages */
  frame?(count: number): { head: string; tail: string };
  /** One piece from the parts of its packages; one after the other by default. */
  join?(parts: readonly Uint8Array[]): Uint8Array;
}

/** A list as it is to be written. */
export interface RenderedList {
  list: IndexList;
  /** The file, staged. */
  staged: string;
  size: number;
  sha256: string;
  /** Of the file unpacked. */
  plain: { size: number; sha256: string };
}

/** Whether a list takes a package. */
export function takes(list: ListFilter, { derivative, kind, architecture }: Omit<ChangedRow, keyof ListKey>): boolean {
  return list.derivative === derivative && list.kinds.includes(kind) && list.architectures.includes(architecture);
}

/** Whether `a` stands before `b`. */
export function before(a: ListKey, b: ListKey): boolean {
  return a.name < b.name || (a.name === b.name && a.package < b.package);
}
