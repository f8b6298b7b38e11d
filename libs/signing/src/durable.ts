import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Files of a directory by name. */
export type Files = Readonly<Record<string, string>>;

/** A name beside `path` for what is being made; {@link isUnfinished} knows it again. */
function unfinished(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
}

/** Whether a crash left this in the making. */
export function isUnfinished(name: string): boolean {
  return name.startsWith('.');
}

/** Makes the directory with all its files at once, 0700 and 0600: after a crash there is all of it or nothing. */
export async function makeDirectory(dir: string, fill: (making: string) => Promise<void>): Promise<void> {
  const making = unfinished(dir);
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  await mkdir(making, { mode: 0o700 });
  try {
    await fill(making);
    await syncDirectory(making);
    await rename(making, dir);
    await syncDirectory(dirname(dir));
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Writes new files, 0600, each on the disk when it returns. */
export async function writeFiles(dir: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeDurably(join(dir, name), text);
}

/** Puts another content in the place of the present one in one step. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const making = unfinished(path);
  await writeDurably(making, text);
  await rename(making, path);
  await syncDirectory(dirname(path));
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
