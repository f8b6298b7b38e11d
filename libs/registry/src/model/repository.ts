/** What the registry publishes. */
export type PackageFormat = 'deb' | 'rpm' | 'osi';

/** Which repository: one distribution of one instance. */
export interface RepositoryRef {
  instance: string;
  format: PackageFormat;
  distribution: string;
}

interface RepositoryBase {
  instance: string;
  distribution: string;
  /** `main` first; the components of an APT repository. May grow; one that still holds packages may not go. */
  derivatives: string[];
  /** Real architectures: without `all`, `noarch` and source. */
  architectures: string[];
  /** The URL below which the tree is served: `http://farm.example:8080/registry`. */
  baseUrl: string;
  /**
   * How many of the newest source versions stay, by source package and derivative, beside the newest of each
   * architecture; all by default.
   */
  keepVersions?: number;
}

/** Served below `/<instance>/deb/dists/<distribution>/`. */
export interface AptRepository extends RepositoryBase {
  format: 'deb';
  /** Must not change after the first publication: clients refuse (apt-secure(8)). */
  origin: string;
  label: string;
  /** Both the distribution's name unless given. */
  suite?: string;
  codename?: string;
  /** Days after which clients distrust an InRelease; none by default. */
  validDays?: number;
}

/** Served below `/<instance>/rpm/<distribution>/<derivative>/<architecture>/`; architectures as dnf's `$basearch`. */
export interface RpmRepository extends RepositoryBase {
  format: 'rpm';
  /** Of the lists; `gzip` by default, which every client reads. EL7 and Amazon Linux 2 cannot read `zstd`. */
  compression?: 'gzip' | 'zstd';
}

/** OS images, served below `/<instance>/osi/<distribution>/<derivative>/`. */
export interface ImageRepository extends RepositoryBase {
  format: 'osi';
}

export type Repository = AptRepository | RpmRepository | ImageRepository;

/** What signs a repository, and what proves afterwards that clients will accept it. */
export interface RepositorySigner {
  /** With one signature or, while keys change, several. */
  signCleartext(text: string): Promise<string>;
  signDetached(data: Uint8Array): Promise<string>;
  /** The signed text. Throws unless the signature is good. */
  verifyCleartext(message: string): Promise<string>;
  verifyDetached(data: Uint8Array, signature: string): Promise<void>;
}
