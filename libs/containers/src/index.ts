export type {
  ContainerExit,
  ContainerLimits,
  ContainerNetwork,
  ContainerRunner,
  ContainerSpec,
  Mount,
  OutputHandler,
  RunningContainer,
} from './container.ts';
export { createNspawnRunner, type NspawnOptions } from './nspawn.ts';
export { type RunToEndOptions, runToEnd } from './run-to-end.ts';
