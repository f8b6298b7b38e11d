import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { compareEvr } from '@fatbuildr/domain/rpm';
import type { RepositoryFormat, Writing, Written } from '../format.ts';
import type { IndexList } from '../indexes/list.ts';
import type { ManifestEntry, Publication } from '../model/publication.ts';
import type { ImageRepository } from '../model/repository.ts';
import { inTime } from '../shared/in-time.ts';
import { revisionBelow, revisionsIn } from '../shared/revisions.ts';
import { type ListedFile, parseChecksums } from './checksums.ts';
import { CHECKSUMS, derivativeOf, osiRoot, osiTop, POOL, SIGNATURE, SNAPSHOTS, snapshotOf } from './layout.ts';
import { checkServed, listed, switchTo } from './switch.ts';

/** Repositories of OS images: a signed checksum file for each derivative, beside the images that it names. */
export const imageFormat: RepositoryFormat<ImageRepository> = {
  id: 'osi',
  // `~` before the end, numbers by value, and any characters that versions of images have
  compareVersions: compareEvr,
  sourceVersion: ({ source }) => source.version,
  // An image needs nothing.
  relations: { needs: () => [], provides: () => [], comparable: (offered, wanted) => [offered, wanted] },
  hintForTaken: () => 'raise the version, or delete the published one first',
  architectures: ({ architectures }) => architectures,
  rivals: (_definition, architecture) => [architecture],
  directories: () => [],
  checkDefinition(wanted) {
    if (wanted.distribution !== POOL) return;
    throw new Failure(
      'rejected',
      'no distribution of images can be called pool: images are in a directory of that name',
      {
        hint: 'give the distribution another name in the configuration',
      },
    );
  },
  essence: ({ derivatives, architectures }) => [derivatives, architectures],
  secondsApart: 0,
  root: osiRoot,
  lists: ({ derivatives, architectures }) =>
    derivatives.map((derivative) => ({
      key: `${derivative}/${CHECKSUMS}`,
      ...{ derivative, architectures, kinds: ['binary'], part: 'checksums', compression: 'none' },
      ...{ keepsPlain: false, mayLag: false },
    })),
  entriesOf: ({ key }, manifest) => manifest.filter((entry) => indexName(entry) === key),
  write,
  top: osiTop,
  revisionOf: (directory) => revisionBelow(SNAPSHOTS, directory),
  filesOf(tree, definition, { manifest }) {
    const top = osiTop(tree, definition);
    return manifest.flatMap((entry) => {
      const [path, directory, name] = [join(top, entry.path), join(top, derivativeOf(entry)), basename(entry.path)];
      const images = name === CHECKSUMS ? imagesIn(path, join(directory, name)) : [];
      return [
        { path, content: entry, replaced: false },
        { path: join(directory, name), content: entry, replaced: true },
        ...images.map((image) => ({ path: join(directory, image.name), content: null, replaced: false })),
      ];
    });
  },
  async forget(tree, definition, revision) {
    for (const derivative of definition.derivatives) {
      await rm(join(osiTop(tree, definition), snapshotOf(derivative, revision)), { recursive: true, force: true });
    }
  },
  async abandoned(tree, definition, head) {
    const top = osiTop(tree, definition);
    const found = definition.derivatives.map((derivative) => revisionsIn(join(top, derivative, SNAPSHOTS)));
    return [...new Set((await Promise.all(found)).flat())].filter((revision) => revision > head);
  },
  stage,
  switchTo,
  checkServed,
  // The public key and the checksums are all that clients need.
  accessPath: () => undefined,
  async writeAccess() {},
};

/**
 * The files that checksums name, or those that clients are given now where these are gone or damaged; nothing else hangs
 * on it. Read at once: a collector that waited could miss what is published meanwhile.
 */
function imagesIn(checksums: string, served: string): ListedFile[] {
  for (const path of [checksums, served]) {
    try {
      return parseChecksums(readFileSync(path, 'utf8'));
    } catch {
      // The file itself is needed too, and told of by who looks at it.
    }
  }
  return [];
}

/** `main/SHA256SUMS`, whatever revision. */
function indexName(entry: Pick<ManifestEntry, 'path'>): string {
  return `${derivativeOf(entry)}/${basename(entry.path)}`;
}

async function write(tree: string, writing: Writing<ImageRepository>): Promise<Written> {
  const { definition, head, next, lists, rendered, resign, signer, wave, step } = writing;
  const top = osiTop(tree, definition);
  const kept = head?.manifest ?? [];
  const manifest = lists
    .filter(({ key }) => !rendered.has(key) && !resign)
    .flatMap(({ derivative }) => kept.filter((entry) => derivativeOf(entry) === derivative));
  const added: ManifestEntry[] = [];
  const add = async (snapshot: string, name: string, content: Buffer) => {
    const path = `${snapshot}/${name}`;
    wave.place(await wave.stage(content), join(top, path));
    added.push({ path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  };
  const anew = lists.filter(({ key }) => rendered.has(key) || resign);
  const contents = await Promise.all(anew.map((list) => contentOf(list)));
  await step('manifest');
  for (const [index, { derivative }] of anew.entries()) {
    const content = contents[index] as Buffer;
    const snapshot = snapshotOf(derivative, next.revision);
    await rm(join(top, snapshot), { recursive: true, force: true });
    await add(snapshot, CHECKSUMS, content);
    await add(snapshot, SIGNATURE, Buffer.from(await inTime(signer.signDetached(content))));
  }
  return {
    manifest: [...manifest, ...added],
    files: added.map(({ path, size, sha256 }) => ({ path: join(top, path), size, sha256 })),
    async checkSignatures() {
      for (const { derivative } of anew) {
        const snapshot = join(top, snapshotOf(derivative, next.revision));
        const signature = await readFile(join(snapshot, SIGNATURE), 'utf8');
        await inTime(signer.verifyDetached(await readFile(join(snapshot, CHECKSUMS)), signature));
      }
    },
  };

  /** What is signed again is as it was: nobody's change to it is to be signed. */
  async function contentOf(list: IndexList): Promise<Buffer> {
    const staged = rendered.get(list.key)?.staged;
    if (staged !== undefined) return readFile(staged);
    const before = imageFormat.entriesOf(list, kept)[0];
    const path = join(top, before?.path ?? '');
    const content = await readFile(path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (sha256 === before?.sha256) return content;
    throw new Failure('publish-failure', `${path} has sha256 ${sha256}, was published with ${before?.sha256}`, {
      hint: 'the disk or somebody changed it, so it is not signed again; fatbuildrctl registry check writes it anew',
    });
  }
}

/** `DIRECTORY/<derivative>` is what clients will see. */
async function stage(
  tree: string,
  definition: ImageRepository,
  { manifest }: Publication,
  directory: string,
): Promise<void> {
  const top = osiTop(tree, definition);
  for (const entry of manifest) {
    const place = join(directory, indexName(entry));
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(top, entry.path), place);
    if (basename(entry.path) !== CHECKSUMS) continue;
    for (const { path, name } of await listed(tree, definition, entry.path)) {
      await symlink(path, join(dirname(place), name));
    }
  }
}
