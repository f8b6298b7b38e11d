import { randomBytes } from 'node:crypto';
import { readFile, readlink, rename, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { Switching } from '../format.ts';
import type { ManifestEntry, Publication } from '../model/publication.ts';
import type { RepositorySigner, RpmRepository } from '../model/repository.ts';
import { relink, syncDirectory, writeDurably } from '../shared/durable.ts';
import { inTime } from '../shared/in-time.ts';
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

/** What the mirror list of a directory holds: where its snapshot is. @param head its `repomd.xml` */
function mirrorsOf({ baseUrl, instance, distribution }: RpmRepository, head: ManifestEntry): string {
  return `${baseUrl.replace(/\/+$/, '')}/${instance}/rpm/${distribution}/${dirname(dirname(head.path))}/\n`;
}

/** Leads the mirror list of a directory to its snapshot. @returns whether it led elsewhere */
async function lead(
  layout: RpmLayout,
  head: ManifestEntry,
  definition: RpmRepository,
  sync: boolean,
  scratch: string,
): Promise<boolean> {
  const directory = join(layout.top, directoryOfEntry(head));
  const mirrors = mirrorsOf(definition, head);
  const path = join(directory, 'mirrorlist');
  if ((await readFile(path, 'utf8').catch(() => '')) === mirrors) return false;
  await linkPool(layout, directory, scratch);
  if (sync) await syncDirectory(join(directory, 'repodata'));
  await writeDurably(path, mirrors, scratch);
  return true;
}

/** Reads what clients start from as they find it. @throws what keeps them from accepting it */
export async function checkServed(
  tree: string,
  definition: RpmRepository,
  { manifest }: Publication,
  signer: RepositorySigner,
): Promise<void> {
  const layout = rpmLayoutOf(tree, definition);
  const { top } = layout;
  for (const head of manifest.filter(({ path }) => basename(path) === HEAD)) {
    const directory = join(top, directoryOfEntry(head));
    for (const repodata of [join(top, dirname(head.path)), join(directory, 'repodata')]) {
      const signature = await readFile(join(repodata, SIGNATURE), 'utf8');
      await inTime(signer.verifyDetached(await readFile(join(repodata, HEAD)), signature));
    }
    const path = join(directory, 'mirrorlist');
    if ((await readFile(path, 'utf8')) !== mirrorsOf(definition, head)) {
      throw new Failure('publish-failure', `${path} does not lead to the present snapshot`);
    }
    for (const place of [join(top, dirname(dirname(head.path))), directory]) {
      if (await leadsToPool(layout, place)) continue;
      throw new Failure('publish-failure', `${join(place, PACKAGES)} does not lead to the pool`);
    }
  }
}

/** Lists name packages below `packages/`; so they hold in the directory and in each of its snapshots alike. */
async function linkPool(layout: RpmLayout, directory: string, scratch: string): Promise<void> {
  if (await leadsToPool(layout, directory)) return;
  const temporary = join(scratch, randomBytes(8).toString('hex'));
  await symlink(poolFrom(layout, directory), temporary);
  await rename(temporary, join(directory, PACKAGES));
}

async function leadsToPool(layout: RpmLayout, directory: string): Promise<boolean> {
  const link = await readlink(join(directory, PACKAGES)).catch(() => undefined);
  return link === poolFrom(layout, directory);
}
