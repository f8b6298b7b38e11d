import type { SQLInputValue } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import { compareDebVersions } from '@fatbuildr/domain';
import type {
  AptRepository,
  IngestedPackage,
  ManifestEntry,
  PackageKind,
  Publication,
  PublishedPackage,
} from './types.ts';

export type Row = Record<string, SQLInputValue>;

/** A repository as the store knows it. */
export interface StoredRepository {
  id: number;
  definition: AptRepository;
  /** Null before the first publication. */
  revision: number | null;
}

/** A package of the present publication, and its row. */
export interface Member extends PublishedPackage {
  id: number;
}

/** How many packages of a kind a derivative holds now. */
export interface Holding {
  derivative: string;
  kind: PackageKind;
  count: number;
}

/** By name, then version, then architecture: the order of an index, and of lists that people read. */
export function byIdentity(
  a: { name: string; version: string; architecture?: string },
  b: { name: string; version: string; architecture?: string },
): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const order = compareDebVersions(a.version, b.version);
  return order !== 0 ? order : (a.architecture ?? '').localeCompare(b.architecture ?? '');
}

export function toRepository(row: Row): StoredRepository {
  return {
    id: row['id'] as number,
    definition: JSON.parse(row['definition'] as string) as AptRepository,
    revision: row['revision'] as number | null,
  };
}

export function toPublication(row: Row): Publication {
  return {
    revision: row['revision'] as number,
    previous: row['previous'] as number | null,
    created: row['created'] as number,
    tasks: JSON.parse(row['tasks'] as string) as string[],
    manifest: JSON.parse(row['manifest'] as string) as ManifestEntry[],
  };
}

export function toPackageRow(added: IngestedPackage): Row {
  return {
    kind: added.kind,
    digest: added.digest,
    name: added.name,
    version: added.version,
    architecture: added.architecture,
    source_name: added.source.name,
    source_version: added.source.version,
    section: added.section,
    summary: added.summary,
    relations: JSON.stringify(added.relations),
    stanza: added.stanza,
    contents: gzipSync(added.contents.join('\n')),
    files: JSON.stringify(added.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))),
  };
}

/** A member as others may see it: without its row. */
export function withoutRow({ id, ...published }: Member): PublishedPackage {
  void id;
  return published;
}

/** The paths that a package installs. */
export function unpack(contents: Uint8Array): string[] {
  const text = gunzipSync(contents).toString();
  return text === '' ? [] : text.split('\n');
}

export function toMember(row: Row): Member {
  const files = JSON.parse(row['files'] as string) as PublishedPackage['files'];
  return {
    id: row['id'] as number,
    kind: row['kind'] as PackageKind,
    derivative: row['derivative'] as string,
    name: row['name'] as string,
    version: row['version'] as string,
    architecture: row['architecture'] as string,
    source: { name: row['source_name'] as string, version: row['source_version'] as string },
    section: row['section'] as string,
    summary: row['summary'] as string,
    relations: JSON.parse(row['relations'] as string) as Record<string, string>,
    digest: row['digest'] as string,
    files,
    size: files.reduce((sum, file) => sum + file.size, 0),
    since: row['since'] as number,
    published: row['created'] as number,
    tasks: JSON.parse(row['tasks'] as string) as string[],
  };
}
