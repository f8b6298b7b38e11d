import { readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { ManifestEntry, Publication } from '../apt/types.ts';
import { digestFile, relink, sizeOf, syncDirectory, writeDurably } from '../shared/durable.ts';
import { inTime } from '../shared/in-time.ts';
import { POOL, type RpmLayout, snapshotOf } from './layout.ts';
import { fileNameOf, renderRepomd } from './repomd.ts';
import type { RenderedList } from './shards.ts';
import type { RpmRepository, RpmRepositorySigner, RpmWriteStep } from './types.ts';

const SIGNATURE = 'repomd.xml.asc';
const HEAD = 'repomd.xml';
const SNAPSHOT = /^(.+)\/snapshots\/\d+\/repodata\/[^/]+$/;

/** Writes the lists of a directory into the snapshot of a revision, where no client looks yet. */
export async function writeLists(
  layout: RpmLayout,
  directory: string,
  lists: readonly RenderedList[],
  { revision, created }: { revision: number; created: number },
  scratch: string,
): Promise<ManifestEntry[]> {
  const snapshot = snapshotOf(directory, revision);
  await rm(join(layout.top, snapshot), { recursive: true, force: true });
  const entries = lists.map((each) => ({
    path: `${snapshot}/repodata/${fileNameOf(each)}`,
    size: each.size,
    sha256: each.sha256,
  }));
  await Promise.all(
    lists.map((each, index) =>
      writeDurably(join(layout.top, entries[index]?.path as string), chunks(each.packed), scratch),
    ),
  );
  const head = join(layout.top, snapshot, 'repodata', HEAD);
  await writeDurably(head, renderRepomd(lists, created), scratch);
  await linkPool(layout, join(layout.top, snapshot));
  return [...entries, { path: `${snapshot}/repodata/${HEAD}`, ...(await digestFile(head)) }];
}

/** Signs a written `repomd.xml`. @returns the signature's entry for the manifest */
export async function writeSignature(
  layout: RpmLayout,
  head: ManifestEntry,
  signer: RpmRepositorySigner,
  scratch: string,
): Promise<ManifestEntry> {
  const signature = await inTime(signer.signDetached(await readFile(join(layout.top, head.path))));
  const path = `${dirname(head.path)}/${SIGNATURE}`;
  await writeDurably(join(layout.top, path), signature, scratch);
  return { path, ...(await digestFile(join(layout.top, path))) };
}

/** Whether an entry of a manifest is a `repomd.xml`. */
export function isHead({ path }: ManifestEntry): boolean {
  return basename(path) === HEAD;
}

/** The directory, relative to the distribution's, that an entry of a manifest belongs to. */
export function directoryOf({ path }: ManifestEntry): string {
  return SNAPSHOT.exec(path)?.[1] as string;
}

/**
 * Reads back from disk what clients will be given, and checks it as they will: each signature with the public key, each
 * list against its digest, the presence of each new file in the pool.
 *
 * @param written the entries that this publication wrote; the others were checked when they were
 * @throws Failure `publish-failure`
 */
export async function verifyWritten(
  layout: RpmLayout,
  written: readonly ManifestEntry[],
  poolFiles: readonly { path: string; size: number }[],
  signer: RpmRepositorySigner,
): Promise<void> {
  for (const entry of written) {
    const path = join(layout.top, entry.path);
    const found = await digestFile(path);
    if (found.sha256 !== entry.sha256 || found.size !== entry.size) {
      throw new Failure('publish-failure', `${entry.path} reads back with sha256 ${found.sha256}, not ${entry.sha256}`);
    }
    if (!isHead(entry)) continue;
    const signature = await readFile(join(dirname(path), SIGNATURE), 'utf8');
    await inTime(signer.verifyDetached(await readFile(path), signature));
  }
  for (const { path, size } of poolFiles) {
    const found = await sizeOf(join(layout.root, path));
    if (found !== size)
      throw new Failure('publish-failure', `${path}: expected ${size} bytes in the pool, found ${found ?? 'none'}`);
  }
}

/**
 * Gives the snapshots of a revision to clients: those with a base URL find lists, signature and then `repomd.xml` in the
 * place of the former ones; those with a mirror list, which is what we hand out, are sent to the new snapshot by one
 * rename. Idempotent: called again it does what is left.
 *
 * @returns whether anything was left to do
 */
export async function switchRpmTo(
  layout: RpmLayout,
  { manifest }: Publication,
  { baseUrl, instance, distribution }: RpmRepository,
  scratch: string,
  step: (step: RpmWriteStep) => void | Promise<void> = () => {},
): Promise<boolean> {
  let changed = false;
  const give = async (entries: readonly ManifestEntry[]) => {
    for (const entry of entries) {
      const path = join(layout.top, directoryOf(entry), 'repodata', basename(entry.path));
      if (await relink(join(layout.top, entry.path), path, scratch)) changed = true;
    }
  };
  const heads = manifest.filter(isHead);
  const isSignature = ({ path }: ManifestEntry) => basename(path) === SIGNATURE;
  await give(manifest.filter((entry) => !isHead(entry) && !isSignature(entry)));
  await step('rename-lists');
  await give(manifest.filter(isSignature));
  await step('rename-repomd.xml.asc');
  await give(heads);
  await step('rename-repomd.xml');
  for (const head of heads) {
    const directory = join(layout.top, directoryOf(head));
    if (changed) await syncDirectory(join(directory, 'repodata'));
    await linkPool(layout, directory);
    const snapshot = dirname(dirname(head.path));
    const url = `${baseUrl.replace(/\/+$/, '')}/${instance}/rpm/${distribution}/${snapshot}/\n`;
    const path = join(directory, 'mirrorlist');
    if ((await readFile(path, 'utf8').catch(() => '')) === url) continue;
    await writeDurably(path, url, scratch);
    changed = true;
  }
  await step('rename-mirrorlist');
  return changed;
}

/** Lists name packages below `packages/`; so they hold in the directory and in each of its snapshots alike. */
async function linkPool(layout: RpmLayout, directory: string): Promise<void> {
  const target = relative(directory, join(layout.root, POOL));
  await symlink(target, join(directory, 'packages')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function* chunks(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}
