import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareDebVersions } from '@fatbuildr/domain';
import type { RepositoryFormat, Switching, Writing, Written } from '../format.ts';
import type { ManifestEntry, Publication } from '../model/publication.ts';
import type { AptRepository } from '../model/repository.ts';
import { relink, syncDirectory } from '../shared/durable.ts';
import { revisionBelow, revisionsIn } from '../shared/revisions.ts';
import { sourcesPath, writeSources } from './access.ts';
import { checkIdentity } from './definition.ts';
import { checkHeads, HEADS, writeHeads } from './heads.ts';
import { layoutOf, REVISIONS } from './layout.ts';
import { aptLists, unpackedPath } from './lists.ts';
import { aptRelations } from './relations.ts';
import { renderRelease } from './release.ts';

/** APT repositories: indexes by hash, and Release with its signatures over them (Debian repository format). */
export const aptFormat: RepositoryFormat<AptRepository> = {
  id: 'deb',
  compareVersions: compareDebVersions,
  sourceVersion: ({ source }) => source.version,
  relations: aptRelations,
  hintForTaken: (version) => `publish it under a new version, as in ${nextVersion(version)}`,
  architectures: ({ architectures }) => [...architectures, 'all', 'source'],
  rivals({ architectures }, architecture) {
    if (architecture === 'all') return ['all', ...architectures];
    return architecture === 'source' ? ['source'] : [architecture, 'all'];
  },
  directories: () => [],
  checkDefinition: checkIdentity,
  essence: ({ derivatives, architectures, validDays }) => [derivatives, architectures, validDays],
  secondsApart: 0,
  root: (tree, instance) => join(tree, instance, 'deb'),
  lists: aptLists,
  entriesOf: ({ key }, manifest) => manifest.filter(({ path }) => path === key || path === unpackedPath(key)),
  write,
  top: (tree, definition) => layoutOf(tree, definition).dists,
  revisionOf: (directory) => revisionBelow(REVISIONS, directory),
  filesOf(tree, definition, { revision, manifest }) {
    const layout = layoutOf(tree, definition);
    const entries = manifest.filter(({ listedOnly }) => !listedOnly);
    return [
      ...HEADS.flatMap((name) => [
        { path: join(layout.dists, name), content: null, replaced: true },
        { path: join(layout.revision(revision), name), content: null, replaced: false },
      ]),
      ...entries.flatMap((entry) => [
        { path: join(layout.dists, entry.path), content: entry, replaced: true },
        { path: layout.byHash(entry), content: entry, replaced: false },
      ]),
    ];
  },
  forget: (tree, definition, revision) =>
    rm(layoutOf(tree, definition).revision(revision), { recursive: true, force: true }),
  abandoned: async (tree, definition, head) =>
    (await revisionsIn(layoutOf(tree, definition).revisions)).filter((revision) => revision > head),
  stage,
  switchTo,
  checkServed: (tree, definition, { manifest, created }, signer) =>
    checkHeads(layoutOf(tree, definition).dists, renderRelease(definition, manifest, created), signer),
  accessPath: sourcesPath,
  writeAccess: writeSources,
};

async function write(tree: string, writing: Writing<AptRepository>): Promise<Written> {
  const { definition, head, next, lists, rendered, signer, wave, step } = writing;
  const layout = layoutOf(tree, definition);
  const manifest: ManifestEntry[] = [];
  const files: Written['files'] = [];
  for (const list of lists) {
    const made = rendered.get(list.key);
    if (!made) {
      manifest.push(...aptFormat.entriesOf(list, head?.manifest ?? []));
      continue;
    }
    const entry: ManifestEntry = { path: list.key, size: made.size, sha256: made.sha256 };
    const path = layout.byHash(entry);
    wave.place(made.staged, path);
    files.push({ path, size: made.size, sha256: made.sha256 });
    // apt asks for no index that is not listed unpacked.
    manifest.push({ path: unpackedPath(list.key), ...made.plain, listedOnly: true });
    manifest.push(entry);
  }
  const release = renderRelease(definition, manifest, next.created);
  await step('manifest');
  await writeHeads(layout, writing, release);
  return { manifest, files, checkSignatures: () => checkHeads(layout.revision(next.revision), release, signer) };
}

/** The indexes first, so that a new InRelease finds what it names under plain names too; then the heads. */
async function switchTo(
  tree: string,
  { definition, publication, before, scratch, step }: Switching<AptRepository>,
): Promise<boolean> {
  const layout = layoutOf(tree, definition);
  const known = new Map(before?.manifest.map(({ path, sha256 }) => [path, sha256]));
  const directories = new Set<string>();
  const give = async (from: string, path: string) => {
    if (await relink(from, path, scratch)) directories.add(dirname(path));
  };
  const changed = publication.manifest.filter((entry) => !entry.listedOnly && known.get(entry.path) !== entry.sha256);
  for (const entry of changed) await give(layout.byHash(entry), join(layout.dists, entry.path));
  await step('rename-indexes');
  for (const name of HEADS) {
    await give(join(layout.revision(publication.revision), name), join(layout.dists, name));
    await step(`rename-${name}`);
  }
  await Promise.all([...directories].map(syncDirectory));
  return directories.size > 0;
}

/** `deb file:DIRECTORY DISTRIBUTION …` sees the publication. */
async function stage(
  tree: string,
  definition: AptRepository,
  { revision, manifest }: Publication,
  directory: string,
): Promise<void> {
  const layout = layoutOf(tree, definition);
  const dists = join(directory, 'dists', definition.distribution);
  await mkdir(dists, { recursive: true });
  await symlink(join(layout.root, 'pool'), join(directory, 'pool'));
  for (const name of HEADS) await symlink(join(layout.revision(revision), name), join(dists, name));
  for (const entry of manifest.filter(({ listedOnly }) => !listedOnly)) {
    await mkdir(dirname(join(dists, entry.path)), { recursive: true });
    await symlink(layout.byHash(entry), join(dists, entry.path));
  }
}

function nextVersion(version: string): string {
  const build = /\+build(\d+)$/.exec(version);
  if (!build) return `${version}+build2`;
  return `${version.slice(0, build.index)}+build${Number(build[1]) + 1}`;
}
