import { readdir } from 'node:fs/promises';

/** The revisions that have a directory in `dir`; none when there is no such directory. */
export async function revisionsIn(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
