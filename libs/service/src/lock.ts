import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Running } from './run-service.ts';

export interface Lock {
  /** Beside what it guards; its directory is made when missing. */
  file: string;
  /** Who takes it, for the message to a second one: `fatbuildrd`. */
  holder: string;
  /** The setting that leads elsewhere: `paths.state`. */
  setting: string;
}

/** Somebody else holds the lock. */
class LockedError extends Error {
  readonly pid: number;

  constructor({ file, holder, setting }: Lock, pid: number) {
    super(`${holder} already runs here as process ${pid} (${file}). Stop it first, or use another ${setting}.`);
    this.name = 'LockedError';
    this.pid = pid;
  }
}

/**
 * Takes a lock for this process and returns what releases it.
 * The file names the holder by pid and start time, so a lock whose holder died, even if its pid was given to
 * another process since, is taken over. Throws {@link LockedError} while the holder lives.
 */
export async function takeLock(lock: Lock): Promise<() => Promise<void>> {
  const { file } = lock;
  const mine = `${process.pid} ${startTime(process.pid)}\n`;
  const draft = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(draft, mine, { mode: 0o640 });
  try {
    while (!(await linked(draft, file))) await removeStale(lock);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await content(file)) === mine) await rm(file, { force: true });
  };
}

/** Starts a service under a lock, which is released once the service has stopped or could not be started. */
export async function startLocked<R extends Running>(lock: Lock, start: () => Promise<R>): Promise<R> {
  const release = await takeLock(lock);
  try {
    const running = await start();
    const stop = async () => {
      try {
        await running.stop();
      } finally {
        await release();
      }
    };
    return { ...running, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Hard-links atomically and with its content; false when `file` exists. */
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(lock: Lock): Promise<void> {
  const { file } = lock;
  const seen = await content(file);
  if (seen === undefined) return;
  const [pid, started] = seen.trim().split(' ');
  if (started !== undefined && startTime(Number(pid)) === started) throw new LockedError(lock, Number(pid));
  // Whoever else sees the same stale lock may have replaced it by now: look at what was moved away.
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  if ((await content(aside)) !== seen) await linked(aside, file).catch(() => false);
  await rm(aside, { force: true });
}

async function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/**
 * When a process started, in clock ticks since boot, or undefined when there is none or nothing but its zombie, which
 * nobody may ever reap: proc(5), fields 22 and 3 of stat.
 */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0] ?? '') ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
