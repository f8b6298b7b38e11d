export {
  CCACHE_COMPILERS,
  CCACHE_DIRECTORY,
  type CcacheUse,
  COUNT_CCACHE,
  ccacheEnvironment,
  TELL_CCACHE,
} from './ccache.ts';
export { makesPackagesFor } from './deb/architectures.ts';
export {
  type DependencyInstallation,
  dependencyStub,
  installDependencies,
  NOTHING,
  toldSet,
} from './deb/build-dependencies.ts';
export { type Changes, parseChanges } from './deb/changes.ts';
export { type ChrootFile, type FarmRepository, farmSourceFiles, farmUpdateCommand } from './deb/farm-source.ts';
export {
  type CowbuilderBase,
  cowbuilderBuildCommand,
  cowbuilderCreateCommand,
  cowbuilderUpdateCommand,
  PBUILDER_THAT_LEAVES,
  type PbuilderBuild,
  pbuilderBuildCommand,
} from './deb/pbuilder.ts';
export { PBUILDER_UID, type PbuilderSettings, pbuilderrc } from './deb/pbuilder-config.ts';
export {
  type BuildFollower,
  type BuildPoint,
  ccacheHooks,
  dependencyFailure,
  followBuild,
  type HookFile,
  phaseHooks,
} from './deb/phases.ts';
export { checkDebResult, type DebOrder } from './deb/result.ts';
export { parseUnmetDependencies, type UnmetDependency } from './deb/unmet-dependencies.ts';
export { mkosiArchitecture } from './osi/architectures.ts';
export { createMkosiFollower, type MkosiFollower } from './osi/follow-mkosi.ts';
export { extensionOf, type ImageSettings, isDirectory, readImageSettings } from './osi/settings.ts';
export {
  makesRpmsFor,
  RPM_ARCHITECTURES,
  type RpmArchitectures,
  readRpmArchitectures,
} from './rpm/architectures.ts';
export { BUILD_PACKAGES, BUILD_USER, buildMacros } from './rpm/build-packages.ts';
export { type DnfRepository, dnfConfig, dnfRepositoryFile } from './rpm/dnf-config.ts';
export { dnfFailure, type UnmetRequirement, unmetRequirements } from './rpm/dnf-failure.ts';
export { farmRepositories } from './rpm/farm-repositories.ts';
export { MOCK_HOME, MOCK_ROOT, type MockConfig, mockConfig } from './rpm/mock-config.ts';
export {
  isMocksOwn,
  isSourceFailure,
  type MockPoint,
  mockFailure,
  mockPoint,
  withWholeErrors,
} from './rpm/mock-output.ts';
export { type AddressVariables, fillIn, mirrorsOf } from './rpm/repository-address.ts';
export {
  DYNAMIC_REQUIREMENT,
  remadeSourceFailure,
  rpmbuildFailure,
  sourceRpmFailure,
  UNMET,
} from './rpm/rpmbuild-failure.ts';
export { fullDebVersion, fullOsiVersion, fullRpmVersion, nextBuildNumber, type VersionParts } from './version.ts';
