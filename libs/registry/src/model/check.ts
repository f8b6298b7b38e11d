import type { PackageFormat } from './repository.ts';

export interface CheckRequest {
  instance: string;
  /** Only tell: mend nothing. */
  dryRun: boolean;
  /** Told of each finding as it comes. */
  found(finding: CheckFinding): void;
  /** How many files were read so far; now and then. */
  progress?(files: number): void;
  /** Asked once everything is read and before anything is mended. */
  commit?(): Promise<void>;
  /** Where a file with these bytes may be found, other than in the pool. */
  copyOf?(sha256: string): string;
  signal?: AbortSignal;
}

/** Something that is not as it was recorded. */
export interface CheckFinding {
  /** `past`: damaged or missing, but of publications only that no client is given any more. `foreign`: nothing names it. */
  kind: 'damaged' | 'missing' | 'past' | 'foreign';
  format: PackageFormat;
  /** Below the registry tree. */
  path: string;
  /** What is wrong with it, and whose it is. */
  message: string;
  /** What to do about it. */
  hint: string;
}

/** What a check read and found. */
export interface CheckReport {
  /** Files, and bytes of them. */
  files: number;
  bytes: number;
  damaged: number;
  missing: number;
  past: number;
  foreign: number;
  /** Of the damaged and missing ones, those that are whole again. */
  mended: number;
}
