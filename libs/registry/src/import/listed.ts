import type { PackageKind } from '../model/package.ts';
import type { ExtraMetadata } from '../model/requests.ts';

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

/** What a `repomd.xml` leads to. */
export interface ListedIndexes {
  /** `type` is that of a `repomd.xml`; empty in a Release. */
  indexes: (ListedFile & { type: string })[];
}

/** What a Release tells. Times are milliseconds since the epoch. */
export interface ListedRelease extends ListedIndexes {
  /** What the suite is called: its `Suite` and its `Codename`. */
  names: string[];
  components: string[];
  architectures: string[];
  /** Whether lists are there under their digests too. */
  byHash: boolean;
  date: number | null;
  validUntil: number | null;
}

/** A group, an advisory, a module: what a metadata file of an RPM repository consists of. */
export interface MetadataEntry {
  /** The same for two that are about the same thing. */
  key: string;
  text: string;
}

/** A metadata file of an RPM repository that is passed on, in the scratch directory. */
export interface ListedMetadata {
  type: ExtraMetadata['type'];
  /** Directories of a derivative that it is for. */
  directories: string[];
  path: string;
  /** Tells how it is compressed. */
  name: string;
}

/** What a repository has. */
export interface Listing {
  packages: ListedPackage[];
  metadata: ListedMetadata[];
}
