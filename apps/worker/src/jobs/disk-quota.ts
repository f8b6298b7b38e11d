import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';
import { inBytes } from './limits.ts';

export interface DiskQuota {
  /** Bytes; null for no quota. */
  limit: number | null;
  /** The directory that counts; what is mounted in it does not. */
  directory: string;
  /** Paths in it that do not count: what is not the build's. */
  except?: readonly string[];
  /** How long (ms) between two measurements; at least ten times as long as one took. */
  intervalMs?: number;
}

/**
 * Ends a job whose workspace grows past its quota. File systems without quotas are measured now and then, so a job may
 * go past it by what it writes in between; what it deleted and holds open is not seen.
 */
export function watchDisk(quota: DiskQuota, end: (reason: Failure) => void): { stop(): void } {
  const over = new AbortController();
  if (quota.limit !== null) void watch({ ...quota, limit: quota.limit }, over.signal, end);
  return { stop: () => over.abort() };
}

async function watch(
  { limit, directory, except = [], intervalMs = 2000 }: DiskQuota & { limit: number },
  signal: AbortSignal,
  end: (reason: Failure) => void,
): Promise<void> {
  let pause = intervalMs;
  while (await waited(pause, signal)) {
    const began = Date.now();
    const used = await usedBytes(directory, except);
    pause = Math.max(intervalMs, 10 * (Date.now() - began));
    if (used === undefined || used <= limit || signal.aborted) continue;
    end(
      new Failure('build-failure', `It used more than ${inBytes(limit)} of disk.`, {
        hint: 'Let it keep less, or have limits.diskBytes raised.',
      }),
    );
    return;
  }
}

function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal, ref: false }).catch(() => false);
}

/** What du(1) makes of a tree that changes while it looks; undefined when it has no answer. */
async function usedBytes(directory: string, except: readonly string[]): Promise<number | undefined> {
  const excluded = except.map((path) => `--exclude=${path}`);
  const { stdout } = await execa('du', ['-sx', '--block-size=1', ...excluded, directory], {
    reject: false,
    stderr: 'ignore',
  });
  const bytes = /^\d+/.exec(stdout)?.[0];
  return bytes === undefined ? undefined : Number(bytes);
}
