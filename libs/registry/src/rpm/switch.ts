import { readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Switching } from '../format.ts';
import type { ManifestEntry } from '../model/publication.ts';
import type { RpmRepository } from '../model/repository.ts';
import { relink, syncDirectory, writeDurably } from '../shared/durable.ts';
import { directoryOfEntry, HEAD, PACKAGES, poolFrom, type RpmLayout, rpmLayoutOf, SIGNATURE } from './layout.ts';

/**
 * Clients with a base URL find lists, signature and then `repomd.xml` in the place of the former ones; those with a
 * mirror list, which is what we hand out, are sent to the new snapshot by one rename.
 */
export async function switchTo(
  tree: string,
  { definition, publication, before, scratch, step }: Switching<RpmRepository>,
): Promise<boolean> {
  const layout = rpmLayoutOf(tree, definition);
  const known = new Set(before?.manifest.map(({ path }) => path));
  const entries = publication.manifest.filter(({ path, listedOnly }) => !listedOnly && !known.has(path));
  let changed = false;
  const give = async (wanted: (name: string) => boolean) => {
    for (const entry of entries.filter(({ path }) => wanted(basename(path)))) {
      const path = join(layout.top, directoryOfEntry(entry), 'repodata', basename(entry.path));
      if (await relink(join(layout.top, entry.path), path, scratch)) changed = true;
    }
  };
  await give((name) => name !== HEAD && name !== SIGNATURE);
  await step('rename-indexes');
  await give((name) => name === SIGNATURE);
  await step('rename-repomd.xml.asc');
  await give((name) => name === HEAD);
  await step('rename-repomd.xml');
  // A mirror list names the URL too, so it may change where nothing else does.
  for (const head of publication.manifest.filter(({ path }) => basename(path) === HEAD)) {
    if (await lead(layout, head, definition, changed, scratch)) changed = true;
  }
  await step('rename-mirrorlist');
  return changed;
}

/** Leads the mirror list of a directory to its snapshot. @returns whether it led elsewhere */
async function lead(
  layout: RpmLayout,
  head: ManifestEntry,
  { baseUrl, instance, distribution }: RpmRepository,
  sync: boolean,
  scratch: string,
): Promise<boolean> {
  const directory = join(layout.top, directoryOfEntry(head));
  const snapshot = dirname(dirname(head.path));
  const url = `${baseUrl.replace(/\/+$/, '')}/${instance}/rpm/${distribution}/${snapshot}/\n`;
  const path = join(directory, 'mirrorlist');
  if ((await readFile(path, 'utf8').catch(() => '')) === url) return false;
  await linkPool(layout, directory);
  if (sync) await syncDirectory(join(directory, 'repodata'));
  await writeDurably(path, url, scratch);
  return true;
}

/** Lists name packages below `packages/`; so they hold in the directory and in each of its snapshots alike. */
async function linkPool(layout: RpmLayout, directory: string): Promise<void> {
  await symlink(poolFrom(layout, directory), join(directory, PACKAGES)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
