export { ChangelogEntry } from './changelog.ts';
export { type Clock, systemClock } from './clock.ts';
export { Failure, type FailureOptions, type FailureOutcome, toFailure } from './failure.ts';
export { Outcome, TaskState } from './task.ts';
