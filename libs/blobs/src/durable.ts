import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Renames `from`, already on disk itself, to `to`, so that the name survives a power loss. Makes the directory. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const directory = dirname(to);
  const made = await mkdir(directory, { recursive: true });
  await rename(from, to);
  await syncDirectory(directory);
  if (made) await syncDirectory(dirname(made));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
