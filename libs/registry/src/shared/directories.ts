import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every directory below and with `path`, with what is in it that is none, the deepest first; none where there is none. */
export async function* directoriesBelow(path: string): AsyncGenerator<{ path: string; entries: string[] }> {
  const found = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of found.filter((each) => each.isDirectory())) yield* directoriesBelow(join(path, entry.name));
  yield { path, entries: found.filter((each) => !each.isDirectory()).map(({ name }) => name) };
}
