import { Failure, type ImportSource } from '@fatbuildr/domain';
import type {
  ChangeRequest,
  PackageSelector,
  PublishedPackage,
  PublishResult,
  RepositoryRef,
} from '@fatbuildr/registry';

/** What a collection removed, or would remove. Bytes are those on the disk. */
export interface CollectReport {
  publications: number;
  packages: number;
  files: number;
  bytes: number;
}

export interface CollectRequest {
  instance: string;
  /** What was replaced less than this long (ms) ago stays. */
  graceMs: number;
  /** So many of the newest publications of each repository stay, however old. */
  keepPublications: number;
  dryRun: boolean;
}

export interface ImportRequest extends ChangeRequest {
  derivative: string;
  source: ImportSource;
  /** Empty: everything. */
  selectors: PackageSelector[];
  /** Signs an RPM package `from` into `to`. */
  signRpm(from: string, to: string): Promise<void>;
  /** What it is at, for people. */
  line(text: string): void;
  signal: AbortSignal;
}

/** What is done with repositories beside publishing. */
export interface RegistryCare {
  /** Removes publications, indexes, packages and pool files that nobody needs any more; safe beside publishing. */
  collect(request: CollectRequest): Promise<CollectReport>;
  /** Packages that stay and whose relations nothing in the repository would satisfy any more. */
  impact(ref: RepositoryRef, remove: PackageSelector[]): { package: PublishedPackage; needs: string }[];
  importPackages(request: ImportRequest): Promise<PublishResult>;
}

const toCome = async (): Promise<never> => {
  throw new Failure('rejected', 'this version of the publisher cannot do that yet');
};

export const careToCome: RegistryCare = { collect: toCome, impact: () => [], importPackages: toCome };
