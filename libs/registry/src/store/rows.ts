import type { IngestedPackage, PackageKind, PublishedPackage } from '../model/package.ts';
import type { Publication } from '../model/publication.ts';
import type { Repository } from '../model/repository.ts';
import type { Row } from './database.ts';

/** A repository as the store knows it. */
export interface StoredRepository {
  id: number;
  definition: Repository;
  /** Null before the first publication. */
  revision: number | null;
}

/** Kinds of rows: packages, and what an RPM repository passes through. */
export type StoredKind = PackageKind | 'metadata';

/** What a package is, wherever it is published. */
export interface PackageFacts extends Omit<PublishedPackage, 'kind' | 'derivative' | 'since' | 'published' | 'task'> {
  kind: StoredKind;
}

/** A package in a repository, and its row. */
export interface Member extends PackageFacts {
  id: number;
  derivative: string;
  since: number;
  published: number;
  task: string | null;
}

/** What goes into a new row beside its facts. */
export type Parts = Record<string, string | Uint8Array>;

export function toRepository(row: Row): StoredRepository {
  return {
    id: row['id'] as number,
    definition: JSON.parse(row['definition'] as string) as Repository,
    revision: row['revision'] as number | null,
  };
}

export function toPublication(row: Row): Publication {
  return {
    revision: row['revision'] as number,
    previous: row['previous'] as number | null,
    created: row['created'] as number,
    tasks: JSON.parse(row['tasks'] as string) as string[],
    packages: row['packages'] as number,
    added: row['added'] as number,
    removed: row['removed'] as number,
    manifest: JSON.parse(row['manifest'] as string) as Publication['manifest'],
  };
}

export function factsOf(ingested: IngestedPackage): PackageFacts {
  const { parts: _, files, ...identity } = ingested;
  return {
    ...identity,
    files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    size: files.reduce((sum, file) => sum + file.size, 0),
  };
}

export function toPackageRow(facts: PackageFacts): Row {
  const { kind, digest, content, name, version, architecture, source, section, summary, relations, files } = facts;
  return {
    kind,
    digest,
    content,
    name,
    version,
    architecture,
    source_name: source.name,
    source_version: source.version,
    section,
    summary,
    relations: JSON.stringify(relations),
    files: JSON.stringify(files),
  };
}

/** What a row of `packages` says, be it joined to others. */
export function toFacts(row: Row): PackageFacts {
  const files = JSON.parse(row['files'] as string) as PackageFacts['files'];
  return {
    kind: row['kind'] as StoredKind,
    name: row['name'] as string,
    version: row['version'] as string,
    architecture: row['architecture'] as string,
    source: { name: row['source_name'] as string, version: row['source_version'] as string },
    section: row['section'] as string,
    summary: row['summary'] as string,
    relations: JSON.parse(row['relations'] as string) as Record<string, string>,
    digest: row['digest'] as string,
    content: row['content'] as string,
    files,
    size: files.reduce((sum, file) => sum + file.size, 0),
  };
}

export function toMember(row: Row): Member {
  return {
    ...toFacts(row),
    id: row['id'] as number,
    derivative: row['derivative'] as string,
    since: row['since'] as number,
    published: row['published'] as number,
    task: row['task'] as string | null,
  };
}

/** Members as others may see them: packages only, without their rows. */
export function toPublished(members: readonly Member[]): PublishedPackage[] {
  return members.flatMap(({ id, kind, ...published }) => {
    void id;
    return kind === 'metadata' ? [] : { kind, ...published };
  });
}
