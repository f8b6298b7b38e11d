import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { digestFile, relink, sizeOf, syncDirectory, writeDurably } from '../shared/durable.ts';
import { revisionsIn } from '../shared/revisions.ts';
import { imageOf, parseChecksums, renderChecksums } from './checksums.ts';
import { CHECKSUMS, type OsiLayout, osiLayout, osiPath, SIGNATURE } from './layout.ts';
import type { OsiPublication, OsiPublishRequest, OsiRepository } from './types.ts';

export interface OsiWriterContext {
  tree: string;
  /** On the same file system. */
  scratch: string;
}

/**
 * Writes one publication, in the order that lets a crash at any point leave the old repository or the new one: files under
 * names that no checksum file has yet → checksums and signature of a new revision → verification → `commit` → head → the
 * names that clients ask for → what is not published any more goes.
 */
export async function writeOsiPublication(
  { tree, scratch }: OsiWriterContext,
  { repository, add = [], remove = [], signer, commit, step = () => {} }: OsiPublishRequest,
): Promise<OsiPublication> {
  const layout = osiLayout(tree, repository);
  await recoverOsi({ tree, scratch }, repository);
  const head = await readHead(layout);
  const present = head?.checksums ?? new Map<string, string>();
  refuseOtherContent(repository, present, add);
  const gone = chosen(repository, present, remove);
  const fresh = add.filter(({ name }) => !present.has(name));
  const next = new Map([...present, ...fresh.map(({ name, sha256 }) => [name, sha256] as const)]);
  for (const name of gone) next.delete(name);
  const isResigning = add.length === 0 && remove.length === 0;
  if (head && !isResigning && fresh.length === 0 && gone.length === 0) {
    return { revision: head.revision, changed: false, files: await filesOf(layout, present) };
  }

  for (const file of fresh) await writeDurably(join(layout.top, file.name), checked(file), scratch);
  await step('files');
  const revision = (head?.revision ?? 0) + 1;
  const directory = join(layout.revisions, `${revision}`);
  const text = renderChecksums([...next].map(([name, sha256]) => ({ name, sha256 })));
  try {
    const signature = await signer.signDetached(Buffer.from(text));
    await writeDurably(join(directory, CHECKSUMS), text, scratch);
    await writeDurably(join(directory, SIGNATURE), signature, scratch);
    await step('checksums');
    await verify(layout, directory, fresh, signer);
    await step('verified');
    await commit?.();
    await step('committed');
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    for (const { name } of fresh) await rm(join(layout.top, name), { force: true });
    throw error;
  }
  await moveHead(layout, revision);
  await step('head');
  await switchTo(layout, scratch, () => step('rename-signature'));
  await removeUnpublished(layout, next);
  await step('done');
  return { revision, changed: true, files: await filesOf(layout, next) };
}

/** Finishes a publication whose head had moved, and forgets one whose head had not. */
export async function recoverOsi({ tree, scratch }: OsiWriterContext, repository: OsiRepository): Promise<void> {
  const layout = osiLayout(tree, repository);
  const head = await readHead(layout);
  for (const revision of await revisionsIn(layout.revisions)) {
    if (revision > (head?.revision ?? 0)) {
      await rm(join(layout.revisions, `${revision}`), { recursive: true, force: true });
    }
  }
  if (head) await switchTo(layout, scratch);
  await removeUnpublished(layout, head?.checksums ?? new Map());
}

/** What is published: the checksums that the head names. */
export async function readHead(
  layout: OsiLayout,
): Promise<{ revision: number; checksums: Map<string, string> } | undefined> {
  const revision = await readlink(layout.head).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (revision === undefined) return undefined;
  const text = await readFile(join(layout.revisions, revision, CHECKSUMS), 'utf8');
  return { revision: Number(revision), checksums: parseChecksums(text) };
}

function refuseOtherContent(
  repository: OsiRepository,
  present: ReadonlyMap<string, string>,
  add: readonly { name: string; sha256: string }[],
): void {
  for (const { name, sha256 } of add) {
    if (imageOf(name) === undefined) throw new Failure('rejected', `${name} is no file of an image`);
    const published = present.get(name);
    if (published === undefined || published === sha256) continue;
    throw new Failure('rejected', `${name} is in ${osiPath(repository)} with other content`, {
      hint: 'raise the version, or delete the published one first',
    });
  }
}

/** The files of the images to remove. */
function chosen(
  repository: OsiRepository,
  present: ReadonlyMap<string, string>,
  remove: readonly { name: string; version?: string | undefined }[],
): string[] {
  return remove.flatMap(({ name, version }) => {
    const found = [...present.keys()].filter((file) => {
      const image = imageOf(file);
      return image?.name === name && (version === undefined || image.version === version);
    });
    if (found.length > 0) return found;
    const what = version === undefined ? name : `${name} ${version}`;
    throw new Failure('rejected', `${osiPath(repository)} holds no image ${what}`);
  });
}

/** What is published is what was handed in, whatever happened to the file since. */
async function* checked({ name, sha256, from }: { name: string; sha256: string; from: string }) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found === sha256) return;
  throw new Failure('publish-failure', `${name}: expected sha256 ${sha256}, found ${found} while copying`);
}

/** Reads again what clients will read, and checks it as they do. */
async function verify(
  layout: OsiLayout,
  directory: string,
  fresh: readonly { name: string; size: number; sha256: string }[],
  signer: OsiPublishRequest['signer'],
): Promise<void> {
  const text = await readFile(join(directory, CHECKSUMS));
  await signer.verifyDetached(text, await readFile(join(directory, SIGNATURE), 'utf8'));
  const listed = parseChecksums(text.toString());
  for (const { name, size, sha256 } of fresh) {
    const written = await digestFile(join(layout.top, name));
    if (written.sha256 === sha256 && written.size === size && listed.get(name) === sha256) continue;
    throw new Failure('publish-failure', `${name} was written with other bytes than it has`, {
      hint: 'see whether the disk of the registry is sound',
    });
  }
}

/** One rename: before it the old publication is the current one, after it the new one. */
async function moveHead(layout: OsiLayout, revision: number): Promise<void> {
  const temporary = `${layout.head}-${randomBytes(6).toString('hex')}`;
  await symlink(`${revision}`, temporary);
  await rename(temporary, layout.head);
  await syncDirectory(layout.revisions);
}

/** The names that clients ask for become those of the head: the signature right before what it signs. */
async function switchTo(
  layout: OsiLayout,
  scratch: string,
  between: () => void | Promise<void> = () => {},
): Promise<void> {
  await mkdir(layout.top, { recursive: true });
  await relink(join(layout.head, SIGNATURE), join(layout.top, SIGNATURE), scratch);
  await between();
  await relink(join(layout.head, CHECKSUMS), join(layout.top, CHECKSUMS), scratch);
  await syncDirectory(layout.top);
}

async function removeUnpublished(layout: OsiLayout, published: ReadonlyMap<string, string>): Promise<void> {
  const entries = await readdir(layout.top).catch(() => []);
  const kept = new Set([CHECKSUMS, SIGNATURE, 'revisions']);
  for (const entry of entries.filter((name) => !published.has(name) && !kept.has(name))) {
    await rm(join(layout.top, entry), { recursive: true, force: true });
  }
}

async function filesOf(layout: OsiLayout, checksums: ReadonlyMap<string, string>) {
  const files = [...checksums].map(async ([name, sha256]) => ({
    name,
    sha256,
    size: (await sizeOf(join(layout.top, name))) ?? 0,
  }));
  return (await Promise.all(files)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
