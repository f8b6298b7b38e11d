export { archName, knownArchitectures, parseArchitecture } from './architecture.ts';
export { ChangelogEntry } from './changelog.ts';
export { type Clock, systemClock } from './clock.ts';
export { Failure, type FailureOptions, type FailureOutcome, toFailure } from './failure.ts';
export {
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
export { Outcome, TaskState } from './task.ts';
