import type { IngestedPackage, PackageKind } from './package.ts';
import type { PublishResult } from './publication.ts';
import type { ChangeRequest, ExtraMetadata } from './requests.ts';

/** What a package is for people, whatever its bytes. */
export interface PackageIdentity {
  kind: PackageKind;
  name: string;
  version: string;
  architecture: string;
}

/** A package that is in the pool and may be published by `Staging.publish`. */
export interface StagedPackage extends PackageIdentity {
  /** Stands for it. */
  id: number;
  content: string;
  source: { name: string; version: string };
  /** Sum over its files, in bytes. */
  size: number;
}

/** A staged package that could not come. */
export interface LeftOut extends Omit<PackageIdentity, 'kind'> {
  source: { name: string; version: string };
  /** Its version has other content, or had; or it is older than the versions that are kept. */
  reason: 'taken' | 'old';
  /** The same in words. */
  why: string;
}

export interface StagedRequest extends ChangeRequest {
  /** Beside the packages. */
  metadata?: readonly ExtraMetadata[];
  /**
   * Told what cannot come, each time that it is planned anew: others publish meanwhile. Throwing refuses all, returning
   * goes on without.
   */
  settle(leftOut: readonly LeftOut[]): void;
}

/** A package, and the sha256 of the file it came by, which signing may have changed. */
export interface Arriving {
  package: IngestedPackage;
  origin: string;
}

/**
 * Packages that come in portions, so that there may be any number of them, and are published together. What was staged
 * stays in the pool when it comes to nothing, and is found again, until the next collection.
 */
export interface Staging {
  /** What came once by a file of that sha256 and is whole in the pool still. */
  find(identity: PackageIdentity, origin: string): Promise<StagedPackage | undefined>;
  /**
   * Puts packages into the pool. One that is there under another signature stands for the one that came.
   *
   * @throws Failure `publish-failure` when files are not what was ingested
   */
  add(arriving: readonly Arriving[]): Promise<StagedPackage[]>;
  /** Adds staged packages to a derivative. @throws as `Registry.publish` */
  publish(request: StagedRequest, derivative: string, staged: readonly StagedPackage[]): Promise<PublishResult>;
  /** Leaves what was not published to collectors. */
  close(): void;
}
