import type { RepositorySigner } from '../model/repository.ts';

/** The images of one derivative, served below `/<instance>/osi/<distribution>/<derivative>/`. */
export interface OsiRepository {
  instance: string;
  distribution: string;
  derivative: string;
}

/** A file of an image: the image itself, its manifest, or what mkosi split off. */
export interface OsiFile {
  name: string;
  size: number;
  sha256: string;
}

/** An image in one version and architecture, with all its files. */
export interface OsiImage {
  name: string;
  version: string;
  /** As its files say it: none for the first architecture of the instance, as in Fatbuildr 2.1. */
  architecture: string | null;
  files: string[];
}

/** What signs the checksums, and proves that clients will accept them. */
export type OsiSigner = Pick<RepositorySigner, 'signDetached' | 'verifyDetached'>;

/** The named points between which a writer may die; tests do it there on purpose. */
export type OsiWriteStep = 'files' | 'checksums' | 'verified' | 'committed' | 'head' | 'rename-signature' | 'done';

export interface OsiPublishRequest {
  repository: OsiRepository;
  /** Files to add, and where they are now. */
  add?: (OsiFile & { from: string })[];
  /** An image, in one version or all, to take away. */
  remove?: { name: string; version?: string | undefined }[];
  signer: OsiSigner;
  /** Asked once everything is written and verified, before the head moves; throwing leaves the repository as it was. */
  commit?: () => Promise<void>;
  step?: (step: OsiWriteStep) => void | Promise<void>;
}

export interface OsiPublication {
  revision: number;
  changed: boolean;
  /** Everything that is published now, by name. */
  files: OsiFile[];
}

/** The repositories of OS images in a registry tree, and the only writer of them. */
export interface OsiRegistry {
  /**
   * Puts right what a crash left, then publishes the repository empty if it never was, or once more with `resign`.
   * Resolves to whether anything was published.
   */
  ensurePublished(request: { repository: OsiRepository; signer: OsiSigner; resign?: boolean }): Promise<boolean>;
  /**
   * Adds and removes images as one new publication; with neither it is signed again, or published empty. Asking again for
   * what is already so changes nothing. Calls wait for one another.
   *
   * @throws Failure `rejected` when a file is there with other content or nothing is there to remove;
   * `publish-failure` when the signature or a digest does not verify
   */
  publish(request: OsiPublishRequest): Promise<OsiPublication>;
  /** The images of the current publication, by name, then version. */
  list(repository: OsiRepository): Promise<OsiImage[]>;
  /** Finishes or forgets what a crash left half done; to be called before anything else. */
  recover(repository: OsiRepository): Promise<void>;
}
