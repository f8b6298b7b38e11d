import { readdir } from 'node:fs/promises';

/** The revision in whose directory, `<parent>/<revision>`, a path lies; undefined for any other. */
export function revisionBelow(parent: string, path: string): number | undefined {
  const segments = path.split('/');
  const revision = segments[segments.lastIndexOf(parent) + 1] ?? '';
  return /^\d+$/.test(revision) ? Number(revision) : undefined;
}

/** The revisions that have a directory in `dir`; none when there is no such directory. */
export async function revisionsIn(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
