export {
  Action,
  API_PREFIX,
  AuditEntry,
  AuditPage,
  AuditQuery,
  BuildRequest,
  EnvironmentRequest,
  ExecRequest,
  HealthView,
  ImageRequest,
  InstanceView,
  KeyringRequest,
  LogEnd,
  PageQuery,
  RegistryDeletion,
  RegistryPage,
  RegistryQuery,
  RoleName,
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
export { archName, knownArchitectures, parseArchitecture } from './architecture.ts';
export { ChangelogEntry, changelogPoints } from './changelog.ts';
export { type Clock, systemClock } from './clock.ts';
export { changelogDate, type DebChangelogEntry, parseDebChangelog, renderDebChangelog } from './deb/changelog.ts';
export { Deb822Error, type Field, type Paragraph, paragraph, parseDeb822, renderDeb822 } from './deb/deb822.ts';
export { compareDebVersions, type DebVersion, parseDebVersion, withoutEpoch } from './deb/version.ts';
export {
  DebEnvironmentRecipe,
  EnvironmentRecipe,
  RpmBuilder,
  RpmEnvironmentRecipe,
  RpmSource,
} from './environment-recipe.ts';
export { Failure, type FailureOptions, type FailureOutcome, toFailure } from './failure.ts';
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
export { ACTIVE_STATES, mayBecome } from './lifecycle.ts';
export {
  Architecture,
  ArtifactName,
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
  BuildRpmOrder,
  BuildSource,
  DEB_RESULT_FILE,
  DebTarget,
  EnvironmentOrder,
  ExecOrder,
  FarmRepository,
  ImageOrder,
  ImageRecipe,
  JobLimits,
  KeyringOrder,
  LocalSource,
  Order,
  PublisherOrder,
  PublishOrder,
  RegistryDeleteOrder,
  RepositoryTarget,
  RpmTarget,
  WorkerOrder,
} from './order.ts';
export { allows, type Grant, grantsOf, OPEN_POLICY, type Policy, within } from './policy.ts';
export { PROBLEM_STATUS, Problem, ProblemError, ProblemKind, problemKind, problemType } from './problem.ts';
export {
  BuildResult,
  ClaimRequest,
  ClaimResponse,
  DIGEST_HEADER,
  EnrolRequest,
  EnrolResponse,
  FENCE_HEADER,
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
  SyncRequest,
  UsedTrees,
  VersionRequest,
  VersionResponse,
  WORKER_PREFIX,
} from './protocol.ts';
export { KeyringInfo, RegistryPackage } from './registry.ts';
export { repositoryTarget } from './repository-target.ts';
export { type Route, routes, StreamParams, streams } from './routes.ts';
export { isRpmVersion } from './rpm/evr.ts';
export { parseRpmFileName, type RpmFileName } from './rpm/file-name.ts';
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
  Task,
  TaskDetail,
  TaskKind,
  TaskState,
} from './task.ts';
