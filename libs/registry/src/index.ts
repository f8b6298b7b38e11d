export { ingestAptPackages, type PackageReader } from './apt/ingest.ts';
export { type PackageFile, readPackage } from './apt/read/read-package.ts';
export type {
  AccessRequest,
  AptRepository,
  ChangeRequest,
  CollectReport,
  CollectRequest,
  DiffSide,
  ExtraMetadata,
  Impact,
  IncomingFile,
  IngestedFile,
  IngestedPackage,
  ListQuery,
  ManifestEntry,
  PackageFormat,
  PackageKind,
  PackageSelector,
  PoolFile,
  PromoteRequest,
  Publication,
  PublicationChange,
  PublicationChanges,
  PublishedPackage,
  PublishRequest,
  PublishResult,
  Registry,
  RegistryDiff,
  RegistryOptions,
  Repository,
  RepositoryRef,
  RepositorySigner,
  RollbackRequest,
  RpmRepository,
  StagedPublication,
  WriteStep,
} from './model.ts';
export { ingestImages } from './osi/ingest.ts';
export { type Bytes, bytesOf } from './reading/bytes.ts';
export { openReaders, type Readers, type ReadersOptions, type ReadingSession } from './reading/readers.ts';
export { openRegistry } from './registry.ts';
export { ingestRpms, type RpmPackageSigner, type RpmReader } from './rpm/ingest.ts';
export { type RpmFile, readRpm } from './rpm/read/read-rpm.ts';
