import { readFile, rename, writeFile } from 'node:fs/promises';

/** What `file` (mode 0600) holds, a line; made by `make` when there is none yet. */
export async function keepSecret(file: string, make: () => string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  if (kept.trim() !== '') return kept.trim();
  const secret = make();
  await writeFile(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return secret;
}
