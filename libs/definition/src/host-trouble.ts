const CODES = ['ENOSPC', 'EDQUOT', 'EIO', 'EACCES', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM'];

/** Whether a call of the system failed for what this host lacks, whatever the files are like. */
export function isHostTrouble(error: unknown): boolean {
  return CODES.includes((error as NodeJS.ErrnoException).code ?? '');
}
