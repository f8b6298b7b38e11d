import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@fatbuildr/client';
import type { Phase, TaskDetail } from '@fatbuildr/domain';
import type { LogTaker } from '../task-follower.ts';

const LOOK_MS = 1000;

export interface Reading {
  task: string;
  attempt: string;
  onBytes: LogTaker;
  signal: AbortSignal;
}

/** The phase in which a shell is open or waited for, of an attempt that came to that. */
export function shellPhase({ jobs }: Pick<TaskDetail, 'jobs'>, attempt: string): Phase | undefined {
  const found = jobs.flatMap(({ attempts }) => attempts).find(({ id }) => id === attempt);
  return found?.phases.find(({ name }) => name === 'shell');
}

/**
 * Follows the log of an attempt until it ends, or waits in a shell for somebody to come. Returns the byte of the log
 * where the terminal goes on; undefined when the attempt has ended.
 */
export async function followUntilShell(
  client: Client,
  { task, attempt, onBytes, signal }: Reading,
): Promise<number | undefined> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let taken = 0;
  let begin: number | undefined;
  const stopAtShell = () => begin !== undefined && taken >= begin && over.abort();

  const looking = look();
  try {
    await client.followLog(attempt, {
      signal: either,
      async onBytes(bytes, offset) {
        await onBytes(bytes, offset);
        taken = offset + bytes.length;
        stopAtShell();
      },
    });
    return undefined;
  } catch (error) {
    if (!over.signal.aborted || signal.aborted) throw error;
    return taken;
  } finally {
    over.abort();
    await looking;
  }

  /** A server that is away for a while is asked again. */
  async function look(): Promise<void> {
    while (begin === undefined && !either.aborted) {
      const found = await client.task({ params: { task }, signal: either }).catch(() => undefined);
      const phase = found && shellPhase(found, attempt);
      if (phase && phase.ended === null) begin = phase.logOffset;
      else await sleep(LOOK_MS, undefined, { signal: either }).catch(() => undefined);
    }
    stopAtShell();
  }
}
