import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** What costs minutes to make is kept here between runs. */
export const cache = process.env.FATBUILDR_TEST_CACHE ?? '/var/cache/fatbuildr-test';

/** Directories of a farm that live in the cache: tool images and what they are made in, environments, packages. */
const KEPT = {
  'state/bootstraps': 'bootstraps',
  'state/images': 'images',
  'state/environments': 'environments',
  'cache/packages': 'packages',
};

/** Whether a tool image that is kept has a program; true where none is. It may be older than what images are made of. */
export async function keptImageHas(format: string, program: string): Promise<boolean> {
  const tree = join(cache, 'e2e/images', format, 'current/tree/usr/bin');
  const names = await readdir(tree).catch(() => [program]);
  return names.includes(program);
}

/** Binds what is kept into the farm's directory. Links would not do: the farm looks for directories. */
export async function bindKept(directory: string): Promise<void> {
  for (const [place, name] of Object.entries(KEPT)) {
    const kept = join(cache, 'e2e', name);
    const target = join(directory, place);
    await mkdir(kept, { recursive: true });
    await mkdir(target, { recursive: true });
    await execa('mount', ['--bind', kept, target]);
  }
}

export async function unbindKept(directory: string): Promise<void> {
  for (const place of Object.keys(KEPT)) await execa('umount', [join(directory, place)], { reject: false });
}
