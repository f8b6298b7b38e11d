import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { digestFile, relink, sizeOf, syncDirectory, writeDurably } from '../shared/durable.ts';
import { inTime } from '../shared/in-time.ts';
import type { Layout } from './layout.ts';
import type { ManifestEntry, Publication, RepositorySigner, WriteStep } from './types.ts';

/** The heads that clients start from, in the order that they change. InRelease last: most clients read nothing else. */
const HEADS = ['Release', 'Release.gpg', 'InRelease'] as const;

/** Writes an index under the name of its digest, which no client sees before a Release names it. */
export async function writeIndex(
  layout: Layout,
  path: string,
  content: Buffer,
  scratch: string,
): Promise<ManifestEntry> {
  const entry = { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  const target = layout.byHash(entry);
  if ((await sizeOf(target)) === undefined) await writeDurably(target, content, scratch);
  return entry;
}

/**
 * Writes a revision's Release with both of its signatures, where no client looks yet.
 *
 * Its files are dated at least a second after those of the revision before: apt asks "modified since?" in whole
 * seconds, and would keep the earlier InRelease for good when two come within one.
 */
export async function writeSigned(
  layout: Layout,
  { revision, previous, created }: Publication,
  release: string,
  signer: RepositorySigner,
  scratch: string,
): Promise<void> {
  const dir = layout.revision(revision);
  await rm(dir, { recursive: true, force: true });
  const [inRelease, signature] = await inTime(
    Promise.all([signer.signCleartext(release), signer.signDetached(Buffer.from(release))]),
  );
  const before = previous === null ? 0 : (await stat(join(layout.revision(previous), 'InRelease'))).mtimeMs;
  const modified = new Date(Math.max(created, before + 1000));
  const contents = { Release: release, 'Release.gpg': signature, InRelease: inRelease };
  await Promise.all(HEADS.map((name) => writeDurably(join(dir, name), contents[name], scratch, modified)));
}

/**
 * Reads back from disk what clients will be given, and checks it as they will: both signatures with the public key,
 * every index against the manifest, every new pool file's presence.
 *
 * @throws Failure `publish-failure`
 */
export async function verifyRevision(
  layout: Layout,
  { revision, manifest }: Publication,
  release: string,
  poolFiles: readonly { path: string; size: number }[],
  signer: RepositorySigner,
): Promise<void> {
  const dir = layout.revision(revision);
  const [written, signature, inRelease] = await Promise.all([
    readFile(join(dir, 'Release')),
    readFile(join(dir, 'Release.gpg'), 'utf8'),
    readFile(join(dir, 'InRelease'), 'utf8'),
  ]);
  if (written.toString() !== release) throw new Failure('publish-failure', 'Release reads back otherwise than written');
  await inTime(signer.verifyDetached(written, signature));
  if ((await inTime(signer.verifyCleartext(inRelease))) !== release) {
    throw new Failure('publish-failure', 'InRelease is signed well but says something else than Release');
  }
  for (const entry of manifest) {
    const found = await digestFile(layout.byHash(entry));
    if (found.sha256 !== entry.sha256 || found.size !== entry.size) {
      throw new Failure('publish-failure', `${entry.path} reads back with sha256 ${found.sha256}, not ${entry.sha256}`);
    }
  }
  for (const { path, size } of poolFiles) {
    const found = await sizeOf(join(layout.root, path));
    if (found !== size)
      throw new Failure('publish-failure', `${path}: expected ${size} bytes in the pool, found ${found ?? 'none'}`);
  }
}

/**
 * Gives a revision the names that clients know. Each change is one rename: the indexes first, so that a new InRelease
 * finds what it names under plain names too; then the heads. Idempotent: called again it does what is left.
 *
 * @returns whether anything was left to do
 */
export async function switchTo(
  layout: Layout,
  { revision, manifest }: Publication,
  scratch: string,
  step: (step: WriteStep) => void | Promise<void> = () => {},
): Promise<boolean> {
  let changed = false;
  const directories = new Set<string>([layout.dists]);
  for (const entry of manifest) {
    const path = join(layout.dists, entry.path);
    if (await relink(layout.byHash(entry), path, scratch)) {
      changed = true;
      directories.add(join(path, '..'));
    }
  }
  await step('rename-indexes');
  for (const name of HEADS) {
    if (await relink(join(layout.revision(revision), name), join(layout.dists, name), scratch)) changed = true;
    await step(`rename-${name}`);
  }
  if (changed) await Promise.all([...directories].map(syncDirectory));
  return changed;
}
