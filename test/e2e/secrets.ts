import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Roots of other systems, whose files of such names are everybody's. */
const TREES = ['images', 'environments', 'bootstraps'];

/** The secrets that a farm keeps in files, of each a word that is found nowhere else. */
export async function secretsOf(directory: string): Promise<string[]> {
  const state = join(directory, 'state');
  const secrets = new Set<string>();
  for (const part of await readdir(state)) {
    if (TREES.includes(part)) continue;
    const entries = await readdir(join(state, part), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || !/secret|passphrase|password/.test(entry.name)) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
      const [longest] = (text.match(/[A-Za-z0-9+/_-]{20,}/g) ?? []).toSorted((a, b) => b.length - a.length);
      if (longest !== undefined) secrets.add(longest);
    }
  }
  return [...secrets];
}
