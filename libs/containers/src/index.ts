export { bindRestricted } from './bind.ts';
export type {
  ContainerExit,
  ContainerInput,
  ContainerLimits,
  ContainerNetwork,
  ContainerRunner,
  ContainerSpec,
  ContainerTerminal,
  LimitName,
  Mount,
  OutputHandler,
  RunningContainer,
  TerminalDimensions,
} from './container.ts';
export { createFakeRunner, type FakeRun, type FakeScript } from './fake.ts';
export {
  collectGenerations,
  createGeneration,
  currentGeneration,
  type Generation,
  type GenerationMetadata,
  listGenerations,
  type NewGeneration,
} from './generations.ts';
export { listMounts } from './mounts.ts';
export { createJobNetwork, type JobNetwork, type JobNetworkSpec } from './network.ts';
export { createNspawnRunner, type NspawnOptions } from './nspawn.ts';
export { mountOverlay, type Overlay, type OverlaySpec } from './overlay.ts';
export { type ReapOptions, type ReapReport, reap } from './reaper.ts';
export { removeTree } from './remove-tree.ts';
export { type RunToEndOptions, runToEnd } from './run-to-end.ts';
export { createWorkspace, type Workspace } from './workspace.ts';
