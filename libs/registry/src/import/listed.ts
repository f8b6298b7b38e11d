import type { PackageKind } from '../model/package.ts';

/** A file as the lists of a repository name it. */
export interface ListedFile {
  /** Below the repository's own directory, as a list has it. */
  path: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** A package as the lists of a repository tell of it. */
export interface ListedPackage {
  kind: PackageKind;
  name: string;
  /** deb: as in the control file; rpm: `[epoch:]version-release`. */
  version: string;
  architecture: string;
  source: { name: string; version: string };
  /** The package; or the `.dsc` and then the files that it names. */
  files: ListedFile[];
}

/** What a Release or a `repomd.xml` leads to. */
export interface ListedIndexes {
  /** Of a Release: which it has. */
  components: string[];
  architectures: string[];
  /** Of a Release: whether lists are there under their digests too. */
  byHash: boolean;
  /** `type` is that of a `repomd.xml`; empty in a Release. */
  indexes: (ListedFile & { type: string })[];
}
