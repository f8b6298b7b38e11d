import { closeSync, writeSync } from 'node:fs';

/** Names the file descriptor on which a child tells fatbuildrd that it is ready. */
export const READY_FD = 'FATBUILDR_READY_FD';

/** Whether fatbuildrd, or something that keeps the same contract, started this process. */
export function isSupervised(environment: Record<string, string | undefined>): boolean {
  return Boolean(environment[READY_FD]);
}

/** Writes the line `ready` to the descriptor that the environment names and closes it; does nothing without one. */
export function notifyReady(environment: Record<string, string | undefined>): void {
  const fd = Number(environment[READY_FD]);
  if (!Number.isInteger(fd) || fd < 3) return;
  writeSync(fd, 'ready\n');
  closeSync(fd);
}
