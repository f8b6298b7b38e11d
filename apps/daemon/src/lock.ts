import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

/** Somebody else holds the lock. */
class LockedError extends Error {
  readonly pid: number;

  constructor(file: string, pid: number) {
    super(`fatbuildrd already runs here as process ${pid} (${file}). Stop it first, or use another paths.state.`);
    this.name = 'LockedError';
    this.pid = pid;
  }
}

/**
 * Takes the lock `file` for this process and returns what releases it.
 * The file names the holder by pid and start time, so a lock whose holder died, even if its pid was given to
 * another process since, is taken over. Throws {@link LockedError} while the holder lives.
 */
export async function takeLock(file: string): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${startTime(process.pid)}\n`;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, mine, { mode: 0o644 });
  try {
    while (!(await linked(draft, file))) await removeStale(file);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await content(file)) === mine) await rm(file, { force: true });
  };
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

async function removeStale(file: string): Promise<void> {
  const seen = await content(file);
  if (seen === undefined) return;
  const [pid, started] = seen.trim().split(' ');
  if (started !== undefined && startTime(Number(pid)) === started) throw new LockedError(file, Number(pid));
  // Whoever else sees the same stale lock may have replaced it by now: look at what was moved away.
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  if ((await content(aside)) !== seen) await linked(aside, file).catch(() => false);
  await rm(aside, { force: true });
}

async function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** When a process started, in clock ticks since boot, or undefined when there is none: proc(5), field 22 of stat. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
