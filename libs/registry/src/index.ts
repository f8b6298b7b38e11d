export { ingestAptPackages, type PackageReader } from './apt/ingest.ts';
export { readPackageInChild } from './apt/read/child.ts';
export { type PackageFile, readPackage } from './apt/read/read-package.ts';
export { openAptRegistry } from './apt/registry.ts';
export type {
  AccessRequest,
  AptRegistry,
  AptRepository,
  IncomingFile,
  IngestedPackage,
  ListQuery,
  ManifestEntry,
  PackageKind,
  PackageSelector,
  PoolFile,
  Publication,
  PublicationChanges,
  PublishedPackage,
  PublishRequest,
  PublishResult,
  RepositorySigner,
  WriteStep,
} from './apt/types.ts';
export { openOsiRegistry } from './osi/registry.ts';
export type {
  OsiFile,
  OsiImage,
  OsiPublication,
  OsiPublishRequest,
  OsiRegistry,
  OsiRepository,
  OsiSigner,
} from './osi/types.ts';
export { ingestRpms, type RpmPackageSigner, type RpmReader } from './rpm/ingest.ts';
export { readRpmInChild } from './rpm/read/child.ts';
export { type RpmFile, readRpm } from './rpm/read/read-rpm.ts';
export { openRpmRegistry } from './rpm/registry.ts';
export type {
  ExtraMetadata,
  IngestedRpm,
  RpmChanges,
  RpmPublishRequest,
  RpmRegistry,
  RpmRepository,
  RpmRepositorySigner,
  RpmWriteStep,
} from './rpm/types.ts';
export type { ReaderOptions } from './shared/read-in-child.ts';
