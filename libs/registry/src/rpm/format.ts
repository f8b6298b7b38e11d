import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { compareEvr } from '@fatbuildr/domain/rpm';
import type { RepositoryFormat, Writing, Written } from '../format.ts';
import type { ManifestEntry, Publication } from '../model/publication.ts';
import type { RpmRepository } from '../model/repository.ts';
import { inTime } from '../shared/in-time.ts';
import { revisionBelow, revisionsIn } from '../shared/revisions.ts';
import { repoPath, writeRepo } from './access.ts';
import {
  directoryOf,
  directoryOfEntry,
  HEAD,
  PACKAGES,
  POOL,
  poolFrom,
  type RpmLayout,
  rpmLayoutOf,
  SIGNATURE,
  SNAPSHOTS,
  SOURCE,
  snapshotOf,
  targetsOf,
} from './layout.ts';
import { rpmLists } from './lists.ts';
import { rpmRelations } from './relations.ts';
import { repodataOf, type SourcedFile, unpackedName } from './repodata.ts';
import { fileNameOf, renderRepomd } from './repomd.ts';
import { fullSourceVersion } from './source-of.ts';
import { checkServed, switchTo } from './switch.ts';

/** RPM repositories: immutable snapshots of `repodata/`, each signed, and mirror lists that lead to the present one. */
export const rpmFormat: RepositoryFormat<RpmRepository> = {
  id: 'rpm',
  compareVersions: compareEvr,
  sourceVersion: fullSourceVersion,
  relations: rpmRelations,
  hintForTaken: () => 'raise its Release and build it again',
  architectures: (definition) => [...new Set(targetsOf(definition).flatMap(({ architectures }) => architectures))],
  rivals: (_definition, architecture) => [architecture],
  directories: ({ architectures }) => [...architectures, SOURCE],
  checkDefinition(wanted) {
    if (wanted.distribution !== POOL) return;
    throw new Failure('rejected', 'no RPM distribution can be called pool: packages are in a directory of that name', {
      hint: 'give the distribution another name in the configuration',
    });
  },
  essence: ({ derivatives, architectures, baseUrl, compression }) => [derivatives, architectures, baseUrl, compression],
  // Clients tell revisions of the lists by their second.
  secondsApart: 1000,
  root: (tree, instance) => join(tree, instance, 'rpm'),
  lists: rpmLists,
  entriesOf: ({ key }, manifest) => manifest.filter((entry) => !entry.listedOnly && nameOf(entry) === key),
  write,
  top: (tree, definition) => rpmLayoutOf(tree, definition).top,
  revisionOf: (directory) => revisionBelow(SNAPSHOTS, directory),
  filesOf(tree, definition, { manifest }) {
    const { top } = rpmLayoutOf(tree, definition);
    return manifest
      .filter(({ listedOnly }) => !listedOnly)
      .flatMap((entry) => {
        const directory = join(top, directoryOfEntry(entry));
        const snapshot = dirname(dirname(entry.path));
        const name = basename(entry.path);
        return [
          { path: join(top, entry.path), content: entry, replaced: false },
          { path: join(directory, 'repodata', name), content: entry, replaced: name === HEAD || name === SIGNATURE },
          { path: join(directory, PACKAGES), content: null, replaced: false },
          { path: join(top, snapshot, PACKAGES), content: null, replaced: false },
          { path: join(directory, 'mirrorlist'), content: null, replaced: true },
        ];
      });
  },
  async forget(tree, definition, revision) {
    const { top } = rpmLayoutOf(tree, definition);
    for (const target of targetsOf(definition)) {
      await rm(join(top, snapshotOf(directoryOf(target), revision)), { recursive: true, force: true });
    }
  },
  async abandoned(tree, definition, head) {
    const { top } = rpmLayoutOf(tree, definition);
    const found = targetsOf(definition).map((target) => revisionsIn(join(top, directoryOf(target), SNAPSHOTS)));
    return [...new Set((await Promise.all(found)).flat())].filter((revision) => revision > head);
  },
  stage,
  switchTo,
  checkServed,
  accessPath: repoPath,
  writeAccess: writeRepo,
};

async function write(tree: string, writing: Writing<RpmRepository>): Promise<Written> {
  const { definition, head, next, signer, wave, step } = writing;
  const layout = rpmLayoutOf(tree, definition);
  const manifest: ManifestEntry[] = [];
  const heads: { directory: string; content: Buffer }[] = [];
  for (const target of targetsOf(definition)) {
    const directory = directoryOf(target);
    const files = await repodataOf(layout, target, writing);
    if (files === null) {
      manifest.push(...(head?.manifest ?? []).filter((entry) => directoryOfEntry(entry) === directory));
      continue;
    }
    const snapshot = join(layout.top, snapshotOf(directory, next.revision));
    await rm(snapshot, { recursive: true, force: true });
    manifest.push(...files.flatMap((file) => place(file, layout, directory, writing)));
    heads.push({ directory, content: Buffer.from(renderRepomd(files, next.created)) });
    wave.symlink(poolFrom(layout, snapshot), join(snapshot, PACKAGES));
  }
  await step('manifest');
  const add = async (directory: string, name: string, content: Buffer) => {
    const path = `${snapshotOf(directory, next.revision)}/repodata/${name}`;
    wave.place(await wave.stage(content), join(layout.top, path));
    manifest.push({ path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  };
  await Promise.all(
    heads.map(async ({ directory, content }) => {
      await add(directory, HEAD, content);
      await add(directory, SIGNATURE, Buffer.from(await inTime(signer.signDetached(content))));
    }),
  );
  const mark = `/snapshots/${next.revision}/`;
  const written = manifest.filter(({ path, listedOnly }) => !listedOnly && path.includes(mark));
  return {
    manifest,
    files: written.map(({ path, size, sha256 }) => ({ path: join(layout.top, path), size, sha256 })),
    async checkSignatures() {
      await Promise.all(
        heads.map(async ({ directory }) => {
          const repodata = join(layout.top, snapshotOf(directory, next.revision), 'repodata');
          const signature = await readFile(join(repodata, SIGNATURE), 'utf8');
          await inTime(signer.verifyDetached(await readFile(join(repodata, HEAD)), signature));
        }),
      );
    },
  };
}

/** Puts a file into the new snapshot. @returns its entries for the manifest */
function place(
  file: SourcedFile,
  layout: RpmLayout,
  directory: string,
  { next, wave }: Writing<RpmRepository>,
): ManifestEntry[] {
  const repodata = `${snapshotOf(directory, next.revision)}/repodata`;
  const path = `${repodata}/${fileNameOf(file)}`;
  if (file.staged !== null) wave.place(file.staged, join(layout.top, path));
  if (file.kept !== null) wave.link(file.kept, join(layout.top, path));
  return [
    { path, size: file.size, sha256: file.sha256 },
    { path: `${repodata}/${unpackedName(file.file)}`, ...file.open, listedOnly: true },
  ];
}

/** `main/x86_64/primary.xml.gz`, whatever revision and digest. */
function nameOf(entry: ManifestEntry): string {
  const name = basename(entry.path);
  const plain = name.startsWith(`${entry.sha256}-`) ? name.slice(entry.sha256.length + 1) : name;
  return `${directoryOfEntry(entry)}/${plain}`;
}

/** `baseurl=file:DIRECTORY/<derivative>/<architecture>` sees the publication. */
async function stage(
  tree: string,
  definition: RpmRepository,
  { manifest }: Publication,
  directory: string,
): Promise<void> {
  const { top } = rpmLayoutOf(tree, definition);
  for (const entry of manifest.filter(({ path }) => basename(path) === HEAD)) {
    const place = join(directory, directoryOfEntry(entry));
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(top, dirname(dirname(entry.path))), place);
  }
}
