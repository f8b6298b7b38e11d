export {
  Checksums,
  DefinitionPlan,
  Plan,
  PlannedSource,
  PlannedVersion,
  SourcePackagePlan,
} from './plan.ts';
export {
  InspectRequest,
  maxResultBytes,
  PrepareRequest,
  prepareProgram,
  readInspectResult,
  readSourceResult,
  SourcePackage,
  SourceRequest,
} from './protocol.ts';
