export { ingestAptPackages, type PackageReader } from './apt/ingest.ts';
export { type PackageFile, readPackage } from './apt/read/read-package.ts';
export { tooLarge } from './import/changed-origin.ts';
export { directoryFiles } from './import/directory.ts';
export { type ImportRequest, importPackages } from './import/import-packages.ts';
export type { OriginFiles, OriginVerifier } from './import/origin.ts';
export { tellOld } from './import/select.ts';
export type { CheckFinding, CheckReport, CheckRequest } from './model/check.ts';
export type {
  IncomingFile,
  IngestedFile,
  IngestedPackage,
  PackageKind,
  PackageSelector,
  PoolFile,
  PublishedPackage,
} from './model/package.ts';
export type {
  CollectReport,
  Impact,
  ListQuery,
  ManifestEntry,
  Publication,
  PublishResult,
} from './model/publication.ts';
export type { Registry, RegistryOptions, StagedPublication, Trouble } from './model/registry.ts';
export type {
  AptRepository,
  PackageFormat,
  Repository,
  RepositoryRef,
  RepositorySigner,
  RpmRepository,
} from './model/repository.ts';
export type {
  AccessRequest,
  ChangeRequest,
  CollectRequest,
  ExtraMetadata,
  PromoteRequest,
  PublicationChanges,
  PublishRequest,
  RollbackRequest,
  WriteStep,
} from './model/requests.ts';
export { ingestImages } from './osi/ingest.ts';
export { type Bytes, bytesOf } from './reading/bytes.ts';
export { openReaders, type Readers, type ReadersOptions, type ReadingSession } from './reading/readers.ts';
export { openRegistry } from './registry.ts';
export { ingestRpms, type RpmPackageSigner, type RpmReader } from './rpm/ingest.ts';
export { type RpmFile, readRpm } from './rpm/read/read-rpm.ts';
