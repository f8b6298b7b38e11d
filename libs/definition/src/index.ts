export {
  Checksums,
  DefinitionPlan,
  ImagePlan,
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
  readImageResult,
  readInspectResult,
  readSourceResult,
  SourceFiles,
  SourcePackage,
  SourceRequest,
} from './protocol.ts';
