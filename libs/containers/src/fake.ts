import type { ContainerExit, ContainerRunner, ContainerSpec, RunningContainer } from './container.ts';

/** What a scripted container does, in this order; by default it ends at once with code 0. */
export interface FakeRun {
  /** Text to print, or a pause. */
  output?: readonly (string | { pauseMs: number })[];
  /** Writes the files a real command would have written; throwing makes `exited` reject. */
  effect?: () => void | Promise<void>;
  /** Stays until `stop`. */
  hang?: boolean;
  /** A hanging one ignores SIGTERM: `stop` has to wait for its grace. */
  ignoresTerm?: boolean;
  code?: number;
}

/** Decides what a container does; throw to have `start` fail. */
export type FakeScript = (spec: ContainerSpec) => FakeRun | Promise<FakeRun>;

/** A runner for tests: nothing is contained and nothing is run, the script says what comes out. */
export function createFakeRunner(script: FakeScript, warn: (message: string) => void): ContainerRunner {
  warn('containers.driver is "fake": no command is run, every result is made up. For tests only.');
  return {
    async start(spec) {
      return play(spec, await script(spec));
    },
  };
}

function play(spec: ContainerSpec, run: FakeRun): RunningContainer {
  const stopped = Promise.withResolvers<NodeJS.Signals>();
  let stopping = false;
  const exited = act(spec, run, stopped.promise, () => stopping);
  exited.catch(() => undefined);
  return {
    name: spec.name,
    exited,
    async stop(graceMs) {
      stopping = true;
      const timer = setTimeout(() => stopped.resolve('SIGKILL'), graceMs);
      if (!run.ignoresTerm) stopped.resolve('SIGTERM');
      await exited.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

async function act(
  spec: ContainerSpec,
  run: FakeRun,
  stopped: Promise<NodeJS.Signals>,
  stopping: () => boolean,
): Promise<ContainerExit> {
  await Promise.resolve(); // as with a real one, nothing is printed before `start` returned
  for (const step of run.output ?? []) {
    if (typeof step === 'string') await spec.onOutput(Buffer.from(step));
    else await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, step.pauseMs))]);
    if (stopping() && !run.ignoresTerm) break;
  }
  if (!stopping()) await run.effect?.();
  if (run.hang || stopping()) return died(await stopped);
  return { code: run.code ?? 0, signal: null };
}

/** As the nspawn driver reports it. */
function died(signal: NodeJS.Signals): ContainerExit {
  return signal === 'SIGKILL' ? { code: null, signal } : { code: 255, signal: null };
}
