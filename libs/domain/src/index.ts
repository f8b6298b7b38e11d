export {
  Action,
  AuditEntry,
  AuditPage,
  AuditQuery,
  BuildRequest,
  EnvironmentRequest,
  ExecRequest,
  HealthView,
  ImageRequest,
  InstanceView,
  LogEnd,
  RoleName,
  ShellRequest,
  TaskPage,
  TaskQuery,
  TokenCreated,
  TokenRequest,
  TokenView,
  TreeView,
  Upload,
  UploadRequest,
  VersionView,
  WorkerInvitation,
  WorkerRequest,
  WorkerView,
} from './api.ts';
export { archName, baseArchitecture, knownArchitectures, parseArchitecture } from './architecture.ts';
export { brokenWords } from './broken-words.ts';
export { ChangelogEntry, changelogPoints } from './changelog.ts';
export { type Clock, systemClock } from './clock.ts';
export { changelogDate, type DebChangelogEntry, parseDebChangelog, renderDebChangelog } from './deb/changelog.ts';
export { Deb822Error, type Field, type Paragraph, paragraph, parseDeb822, renderDeb822 } from './deb/deb822.ts';
export { compareDebVersions, type DebVersion, parseDebVersion, withoutEpoch } from './deb/version.ts';
export { API_PREFIX, streams } from './endpoints.ts';
export {
  DebEnvironmentRecipe,
  EnvironmentRecipe,
  RpmBuilder,
  RpmEnvironmentRecipe,
  RpmSource,
} from './environment-recipe.ts';
export { Failure, type FailureOptions, type FailureOutcome, toFailure } from './failure.ts';
export { CommitId, GitDefinition, GitOrigin, GitRef, RepositoryDirectory, RepositoryUrl } from './git.ts';
export { Id, newId, newSecret } from './ids.ts';
export {
  type BuildLimits,
  type DebBuilder,
  type DebDistribution,
  type Derivative,
  type Distribution,
  type DistributionBase,
  derivativeChain,
  findDistribution,
  findInstance,
  type HasInstances,
  type Instance,
  type OsiDistribution,
  type RpmDistribution,
} from './instance.ts';
export { dearmor, expiryWarning, type KeyHolder } from './key-facts.ts';
export {
  KeyRotation,
  KeyringFiles,
  KeyringImport,
  KeyringInfo,
  KeyringRequest,
  KeyringRotation,
} from './keyring.ts';
export { ACTIVE_STATES, mayBecome } from './lifecycle.ts';
export {
  Architecture,
  ArtifactName,
  artifactName,
  Digest,
  FileName,
  FileRef,
  Format,
  InstanceName,
  PoolName,
  SourceName,
  SuiteName,
  WorkerName,
} from './names.ts';
export {
  BuildDebOrder,
  BuildOrder,
  BuildOsiOrder,
  BuildPart,
  BuildRpmOrder,
  BuildSource,
  buildFormat,
  DEB_RESULT_FILE,
  DebTarget,
  debArchitectureOf,
  EnvironmentOrder,
  ExecOrder,
  FarmRepository,
  FetchOrder,
  GitSource,
  handsInCommon,
  handsInSource,
  ImageOrder,
  ImageRecipe,
  isBuildOrder,
  isOneOfSeveral,
  JobLimits,
  KeyringOrder,
  LocalSource,
  Order,
  OSI_RESULT_FILE,
  OSI_VERSION,
  OsiTarget,
  osiStem,
  PublisherOrder,
  RequestedSource,
  RpmTarget,
  ShellOrder,
  ShellTime,
  WorkerOrder,
} from './order.ts';
export { PageQuery } from './pages.ts';
export { allows, type Grant, grantsOf, OPEN_POLICY, type Policy, within } from './policy.ts';
export {
  isProblem,
  PROBLEM_STATUS,
  type Problem,
  ProblemError,
  type ProblemKind,
  problemKind,
  problemType,
} from './problem.ts';
export {
  BuildResult,
  ClaimRequest,
  ClaimResponse,
  DIGEST_HEADER,
  EnrolRequest,
  EnrolResponse,
  FENCE_HEADER,
  FetchedDefinition,
  FileParams,
  FileStored,
  HeldTree,
  HostReport,
  LOG_CHUNK_LIMIT,
  LogAppended,
  PhaseEvent,
  PublicationResult,
  REDIS_SERVERNAME,
  RegisterRequest,
  RegisterResponse,
  ReportResponse,
  ResultRequest,
  UsedTrees,
  VersionRequest,
  VersionResponse,
  WORKER_PREFIX,
} from './protocol.ts';
export {
  BrokenPackage,
  IndexFile,
  PackageKey,
  PREVIEW_LIMIT,
  RegistryPackage,
  RegistryPreview,
} from './registry.ts';
export {
  DifferencePage,
  DifferenceQuery,
  PackageDifference,
  PublicationDetail,
  PublicationPage,
  PublicationView,
  RegistryCheck,
  RegistryCollection,
  RegistryDeletion,
  RegistryImport,
  RegistryPage,
  RegistryPromotion,
  RegistryQuery,
  RegistryRollback,
} from './registry-api.ts';
export {
  ArtifactSelector,
  ImportSource,
  PublishOrder,
  RegistryCheckOrder,
  RegistryDeleteOrder,
  RegistryGcOrder,
  RegistryImportOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
  RepositoryTarget,
} from './registry-order.ts';
export { repositoryTarget } from './repository-target.ts';
export type { Route } from './route.ts';
export { routes, StreamParams } from './routes.ts';
export { RPM_BUILD_OPTIONS, RpmBuildArguments } from './rpm/build-arguments.ts';
export { isRpmVersion } from './rpm/evr.ts';
export { parseRpmFileName, type RpmFileName } from './rpm/file-name.ts';
export { PART_LIMIT, PartTaken, PublicationPart, SyncRequest, SyncResponse } from './sync.ts';
export {
  Artifact,
  Attempt,
  Cause,
  Job,
  JobState,
  Outcome,
  Person,
  Phase,
  PhaseName,
  ShellResult,
  Task,
  TaskDetail,
  TaskKind,
  TaskState,
} from './task.ts';
export {
  type LogFrame,
  logFrame,
  PIPE_WINDOW,
  readLogFrame,
  TERMINAL_INPUT_LIMIT,
  TERMINAL_REPLAY,
  TERMINAL_TAIL,
  TERMINAL_TOO_SLOW,
  type TerminalEnd,
  type TerminalNotice,
  type TerminalSize,
  type TerminalState,
} from './terminal.ts';
export {
  TerminalAudience,
  TerminalOrder,
  TerminalQuery,
  TerminalReport,
  TerminalRequest,
} from './terminal-messages.ts';
