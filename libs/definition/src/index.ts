export {
  Checksums,
  DefinitionPlan,
  PackageFormat,
  Plan,
  PlannedSource,
  PlannedVersion,
  SourcePackagePlan,
  SourceRpmPlan,
} from './plan.ts';
export {
  InspectRequest,
  maxResultBytes,
  PrepareRequest,
  prepareProgram,
  readInspectResult,
  readSourceResult,
  SourceFiles,
  SourcePackage,
  SourceRequest,
} from './protocol.ts';
