export { type Changes, parseChanges } from './deb/changes.ts';
export { type ChrootFile, type FarmRepository, farmSourceFiles, farmUpdateCommand } from './deb/farm-source.ts';
export {
  type CowbuilderBase,
  cowbuilderBuildCommand,
  cowbuilderCreateCommand,
  cowbuilderUpdateCommand,
  type PbuilderBuild,
  pbuilderBuildCommand,
} from './deb/pbuilder.ts';
export { type PbuilderSettings, pbuilderrc } from './deb/pbuilder-config.ts';
export { type BuildFollower, type BuildPoint, followBuild, type HookFile, phaseHooks } from './deb/phases.ts';
export { checkDebResult, type DebOrder } from './deb/result.ts';
export { parseUnmetDependencies, type UnmetDependency } from './deb/unmet-dependencies.ts';
export { fullDebVersion, fullOsiVersion, fullRpmVersion, nextBuildNumber, type VersionParts } from './version.ts';
