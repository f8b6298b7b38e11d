/** A file as it came from a build, in the blob store or elsewhere readable. */
export interface IncomingFile {
  /** Base name, as in `hello_2.10-1_amd64.deb`. */
  name: string;
  /** Absolute path of the bytes. */
  path: string;
  /** Bytes. */
  size: number;
  /** Lower case hexadecimal. Checked while reading. */
  sha256: string;
}

export type PackageKind = 'binary' | 'udeb' | 'source';

/** A file of a package in the pool. */
export interface PoolFile {
  /** Below `/<instance>/<format>/`: `pool/h/hello/<digest>/hello_2.10-1_amd64.deb`. */
  path: string;
  size: number;
  sha256: string;
}

/** A file that goes into the pool. */
export interface IngestedFile extends PoolFile {
  /** Absolute path that its bytes are copied from. */
  from: string;
  /** `from` is ours, below the registry's `scratch`, and was hashed as it was written: it may be moved. */
  staged?: boolean;
  /** Its modification time in the pool, where an index tells it: seconds since the epoch. */
  modified?: number;
}

/** What is known of a package wherever it is. */
interface PackageFacts {
  kind: PackageKind;
  name: string;
  /** deb: as in the control file; rpm: `[epoch:]version-release`. */
  version: string;
  /** `all` or `noarch` for independent ones, `source` or `src` for source packages. */
  architecture: string;
  /** The source package that it was built from (itself, for a source package). */
  source: { name: string; version: string };
  /** deb: the section; rpm: the group. */
  section: string;
  /** First line of the description; empty for a Debian source package. */
  summary: string;
  /** Relations by field name or kind, as people read them: `Depends`, `Build-Depends`, `requires`, … */
  relations: Record<string, string>;
  /** sha256 of the `.deb`, the `.dsc` or the signed `.rpm`; of the checksums of an image. */
  digest: string;
  /** The same for the same package, whoever signed it; the digest, for a Debian package. */
  content: string;
}

/** A package read once and rendered: everything that a repository tells of it. */
export interface IngestedPackage extends PackageFacts {
  /** What goes into the indexes, by part. deb: `stanza`, and `contents`, a path a line; rpm: `primary`, `filelists`, `other`; osi: `checksums`. */
  parts: Record<string, string>;
  /** The package; or the `.dsc` and then the files that it names. */
  files: IngestedFile[];
}

/** A package as it stands, or stood, in a repository. */
export interface PublishedPackage extends PackageFacts {
  derivative: string;
  files: PoolFile[];
  /** Sum over its files, in bytes. */
  size: number;
  /** Revision that brought it, when (milliseconds since the epoch), and the task that asked for it. */
  since: number;
  published: number;
  task: string | null;
}

/** Which packages: every given field must match. `source` or `name` is required to remove. */
export interface PackageSelector {
  derivative?: string;
  /** A source package and all that was built from it. */
  source?: string;
  name?: string;
  /** Of the source package where `source` is given, of the package itself otherwise. */
  version?: string;
  architecture?: string;
}
