import { Failure } from '@fatbuildr/domain';

/** What went wrong, as the administrator is to read of it where that is a full disk; anything else as it is. */
export function explained(error: unknown): unknown {
  const { code, errstr } = error as { code?: string; errstr?: string };
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && errstr !== 'database or disk is full') return error;
  return new Failure('infrastructure-failure', 'the disk of the registry is full; what is published is as it was', {
    hint: 'make room, for example with fatbuildrctl registry gc, and try again',
    cause: error,
  });
}
