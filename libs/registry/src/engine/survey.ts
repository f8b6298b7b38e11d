import { setImmediate } from 'node:timers/promises';
import type { RepositoryFormat } from '../format.ts';
import type { PackageSelector } from '../model/package.ts';
import type { Repository } from '../model/repository.ts';
import type { ListFilter } from '../store/members.ts';
import type { Member, StoredRepository } from '../store/rows.ts';
import type { WriterContext } from './context.ts';
import { type Relation, type RelationReader, relationsIn } from './need.ts';
import { keyOf } from './plan.ts';

/** Something that a package offers, and where. */
export interface Offer extends Relation {
  by: string;
  architecture: string;
  derivative: string;
}

export type Offers = Map<string, Offer[]>;

/** One publication, gone through page by page with a turn for others in between. */
export interface Survey {
  format: RepositoryFormat;
  reader: RelationReader;
  definition: Repository;
  members(selector: PackageSelector): Member[];
  binaries(): AsyncGenerator<Member>;
  /** Lets others have their turn. @throws the reason of a signal that it is to end by */
  pause(): Promise<void>;
  /** What each list takes. */
  lists: readonly ListFilter[];
  /** Paths that packages need. */
  paths(): Promise<ReadonlySet<string>>;
  /** What of `paths` a package owns. */
  owned(member: Member, paths: ReadonlySet<string>): Offer[];
  /** Who owns each of `paths()`. Every list of files is read for that: once. */
  owners(): Promise<Offers>;
}

export function surveyOf(
  { store, formatOf }: WriterContext,
  repository: StoredRepository,
  signal?: AbortSignal,
): Survey {
  const format = formatOf(repository.definition);
  const { relations: reader } = format;
  const at = { revision: repository.revision as number };
  let paths: Promise<ReadonlySet<string>> | undefined;
  let owners: Promise<Offers> | undefined;
  return {
    format,
    reader,
    definition: repository.definition,
    members: (selector: PackageSelector) => store.members(repository, { ...selector, ...at }),
    async pause() {
      await setImmediate();
      signal?.throwIfAborted();
    },
    lists: format.lists(repository.definition, () => true),
    async *binaries(): AsyncGenerator<Member> {
      for (const page of store.pagesOfMembers(repository, at)) {
        yield* page.filter(isBinary);
        await this.pause();
      }
    },
    paths(): Promise<ReadonlySet<string>> {
      paths ??= pathsIn(this.binaries());
      return paths;
    },
    owned(member: Member, paths: ReadonlySet<string>): Offer[] {
      if (!reader.files || paths.size === 0) return [];
      const content = Buffer.from(store.part(member.id, reader.files.part)).toString();
      const owned = [...reader.files.paths(content)].filter((path) => paths.has(path));
      return owned.map((path) => ({ name: path, sign: '', version: '', ...whereOf(member) }));
    },
    owners(): Promise<Offers> {
      owners ??= ownersIn(this);
      return owners;
    },
  };

  async function pathsIn(members: AsyncIterable<Member>): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    if (!reader.files) return found;
    for await (const { relations } of members) {
      for (const { need } of reader.needs(relations)) {
        for (const { name } of need ? relationsIn(need) : []) if (name.startsWith('/')) found.add(name);
      }
    }
    return found;
  }

  async function ownersIn(survey: Survey): Promise<Offers> {
    const found: Offers = new Map();
    const paths = await survey.paths();
    for await (const member of survey.binaries()) for (const offer of survey.owned(member, paths)) append(found, offer);
    return found;
  }
}

/** What a package offers by name. */
export function named({ reader }: Survey, member: Member): Offer[] {
  const own = { name: member.name, sign: '=', version: member.version };
  return [own, ...reader.provides(member.relations)].map((one) => ({ ...one, ...whereOf(member) }));
}

function whereOf(member: Member): Pick<Offer, 'by' | 'architecture' | 'derivative'> {
  return { by: keyOf(member), architecture: member.architecture, derivative: member.derivative };
}

export function append(known: Offers, offer: Offer): void {
  const same = known.get(offer.name);
  if (same) same.push(offer);
  else known.set(offer.name, [offer]);
}

export function isBinary({ kind }: Member): boolean {
  return kind === 'binary' || kind === 'udeb';
}
