import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets that a farm keeps in files, of each a word that is found nowhere else. */
export async function secretsOf(directory: string): Promise<string[]> {
  const secrets = new Set<string>();
  for (const part of ['state', 'run']) {
    const entries = await readdir(join(directory, part), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !/secret|passphrase|password/.test(entry.name)) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
      const [longest] = (text.match(/[A-Za-z0-9+/_-]{20,}/g) ?? []).toSorted((a, b) => b.length - a.length);
      if (longest !== undefined) secrets.add(longest);
    }
  }
  return [...secrets];
}
