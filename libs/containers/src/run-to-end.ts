import type { ContainerExit, ContainerRunner, ContainerSpec } from './container.ts';

/** How to end a container early: when `signal` aborts it gets SIGTERM and, `graceMs` later (default 5 s), SIGKILL. */
export interface RunToEndOptions {
  signal?: AbortSignal;
  graceMs?: number;
}

/**
 * Starts a container and waits for its end. An abort is not an error here: the exit tells how the command ended, and
 * the caller knows why it aborted. A signal that is aborted already throws its reason and starts nothing.
 */
export async function runToEnd(
  runner: ContainerRunner,
  spec: ContainerSpec,
  { signal, graceMs = 5000 }: RunToEndOptions = {},
): Promise<ContainerExit> {
  signal?.throwIfAborted();
  const container = await runner.start(spec);
  const stop = () => void container.stop(graceMs);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await container.exited;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
