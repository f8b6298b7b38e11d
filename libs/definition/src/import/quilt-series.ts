import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileName } from '@fatbuildr/domain';

/** The patches of a quilt series (quilt(1)) in their order; dpkg-source knows no options but `-p1`. */
export async function readSeries(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'series'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter(Boolean)
    .map((line) => line.split(/\s+/)[0] ?? '');
}

/**
 * Copies patches into a definition, where they apply in the order of their names: so names that are in another order, or
 * none that a definition takes, get a number in front.
 */
export async function copyPatches(from: string, patches: readonly string[], definition: string): Promise<string[]> {
  if (patches.length === 0) return [];
  const target = join(definition, 'patches/generic');
  await mkdir(target, { recursive: true });
  const plain = patches.map((path) => path.replaceAll(/[^A-Za-z0-9_.+~-]/g, '-').replace(/^[^A-Za-z0-9_]+/, ''));
  const fits =
    plain.every((name, index) => name === patches[index] && FileName.safeParse(name).success) &&
    plain.every((name, index) => index === 0 || (plain[index - 1] as string) < name);
  const width = String(patches.length).length;
  const names = fits ? plain : plain.map((name, index) => `${String(index + 1).padStart(width, '0')}-${name}`);
  for (const [index, path] of patches.entries()) {
    await copyFile(join(from, path), join(target, names[index] as string));
  }
  return names;
}
