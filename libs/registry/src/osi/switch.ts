import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Switching } from '../format.ts';
import type { Publication } from '../model/publication.ts';
import type { ImageRepository, RepositorySigner } from '../model/repository.ts';
import { relink, sizeOf, syncDirectory } from '../shared/durable.ts';
import { inTime } from '../shared/in-time.ts';
import { imagesOf, parseChecksums } from './checksums.ts';
import { CHECKSUMS, derivativeOf, inPool, osiRoot, osiTop, SIGNATURE, SNAPSHOTS } from './layout.ts';

/**
 * Images get their names, then signature and checksums those that clients ask for, the signature right before what it
 * signs; what is not published any more goes last.
 */
export async function switchTo(
  tree: string,
  { definition, publication, before, scratch, step }: Switching<ImageRepository>,
): Promise<boolean> {
  const top = osiTop(tree, definition);
  const known = new Set(before?.manifest.map(({ path }) => path));
  const heads = publication.manifest.filter(({ path }) => basename(path) === CHECKSUMS && !known.has(path));
  const changed = new Set<string>();
  const give = async (directory: string, from: string, name: string) => {
    if (await relink(from, join(directory, name), scratch)) changed.add(directory);
  };
  const switched = await Promise.all(
    heads.map(async (head) => {
      const files = await listed(tree, definition, head.path);
      return { directory: join(top, derivativeOf(head)), snapshot: join(top, head.path, '..'), files };
    }),
  );
  for (const { directory, files } of switched) {
    for (const { path, name } of files) {
      // What somebody took out of the pool must not keep the rest from clients.
      if ((await sizeOf(path)) !== undefined) await give(directory, path, name);
    }
  }
  await step('rename-indexes');
  for (const name of [SIGNATURE, CHECKSUMS] as const) {
    for (const { directory, snapshot } of switched) await give(directory, join(snapshot, name), name);
    await step(`rename-${name}`);
  }
  await Promise.all([...changed].map(syncDirectory));
  for (const { directory, files } of switched) if (await removeOthers(directory, files)) changed.add(directory);
  return changed.size > 0;
}

/** Reads what clients start from as they find it. @throws what keeps them from accepting it */
export async function checkServed(
  tree: string,
  definition: ImageRepository,
  { manifest }: Publication,
  signer: RepositorySigner,
): Promise<void> {
  const top = osiTop(tree, definition);
  for (const head of manifest.filter(({ path }) => basename(path) === CHECKSUMS)) {
    for (const directory of [join(top, head.path, '..'), join(top, derivativeOf(head))]) {
      const signature = await readFile(join(directory, SIGNATURE), 'utf8');
      await inTime(signer.verifyDetached(await readFile(join(directory, CHECKSUMS)), signature));
    }
  }
}

/** The files that the checksums of a publication name, and where they are in the pool. */
export async function listed(
  tree: string,
  definition: ImageRepository,
  checksums: string,
): Promise<{ name: string; path: string }[]> {
  const text = await readFile(join(osiTop(tree, definition), checksums), 'utf8');
  const root = osiRoot(tree, definition.instance);
  return imagesOf(parseChecksums(text)).flatMap((image) =>
    image.files.map(({ name }) => ({ name, path: join(root, inPool(image), name) })),
  );
}

/** @returns whether there was anything to remove */
async function removeOthers(directory: string, files: readonly { name: string }[]): Promise<boolean> {
  const kept = new Set([CHECKSUMS, SIGNATURE, SNAPSHOTS, ...files.map(({ name }) => name)]);
  const gone = (await readdir(directory)).filter((name) => !kept.has(name));
  for (const name of gone) await rm(join(directory, name), { recursive: true });
  return gone.length > 0;
}
