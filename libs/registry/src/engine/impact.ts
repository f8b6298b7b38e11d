import { setImmediate } from 'node:timers/promises';
import type { RepositoryFormat } from '../format.ts';
import type { PackageSelector, PublishedPackage } from '../model/package.ts';
import type { Impact } from '../model/publication.ts';
import type { RepositoryRef } from '../model/repository.ts';
import { type Member, type StoredRepository, toPublished } from '../store/rows.ts';
import type { WriterContext } from './context.ts';
import { isMet, MET, type Met, type Need, type Relation, relationsIn, type StatedNeed } from './need.ts';
import { keyOf } from './plan.ts';

export interface ImpactChanges {
  remove: readonly PackageSelector[];
  /** What comes meanwhile; of its files nothing is known. */
  add: readonly PublishedPackage[];
}

/** Something that a package offers, and where. */
interface Offer extends Relation {
  by: string;
  architecture: string;
  derivative: string;
}

type Offers = Map<string, Offer[]>;

/** Who asks for what, and of which it may be that it is not there any more. */
interface Asking {
  member: Member;
  stated: StatedNeed;
}

/**
 * The packages that stay and of which a need is met by a package that goes and by none that stays; then those that need
 * these. What other repositories offer is not known: so a need that nothing here met before is none of these. Of what
 * is needed on a condition, in a derivative that not every client has, or in words that are not understood, it is said
 * that it may not be met.
 */
export async function impact(context: WriterContext, ref: RepositoryRef, changes: ImpactChanges): Promise<Impact[]> {
  const repository = context.store.find(ref);
  if (!repository || repository.revision === null) return [];
  const survey = surveyOf(context, repository);
  const going = new Map<string, Member>();
  for (const selector of changes.remove) {
    for (const each of survey.members(selector)) going.set(keyOf(each), each);
  }
  const found = new Map<string, { member: Member; needs: string; certain: boolean }>();
  for (let broken = 1; broken > 0; ) {
    broken = 0;
    for (const { member, needs, certain } of await brokenBy(survey, going, changes.add)) {
      found.set(`${keyOf(member)} ${needs}`, { member, needs, certain });
      if (!certain || going.has(keyOf(member))) continue;
      going.set(keyOf(member), member);
      broken += 1;
    }
  }
  return [...found.values()].flatMap(({ member, needs, certain }) =>
    toPublished([member]).map((one) => ({ package: one, needs, certain })),
  );
}

type Survey = ReturnType<typeof surveyOf>;

/** One publication, gone through page by page with a turn for others in between. */
function surveyOf({ store, formatOf }: WriterContext, repository: StoredRepository) {
  const format = formatOf(repository.definition);
  const { relations: reader } = format;
  const at = { revision: repository.revision as number };
  return {
    format,
    reader,
    definition: repository.definition,
    members: (selector: PackageSelector) => store.members(repository, { ...selector, ...at }),
    async *binaries(): AsyncGenerator<Member> {
      for (const page of store.pagesOfMembers(repository, at)) {
        yield* page.filter(isBinary);
        await setImmediate();
      }
    },
    /** What a package offers of what is wanted. */
    offers(member: Member, isWanted: (name: string) => boolean, paths: ReadonlySet<string>): Offer[] {
      const { name, version, architecture, derivative, relations } = member;
      const named = [{ name, sign: '=', version }, ...reader.provides(relations)].filter((one) => isWanted(one.name));
      const owned = paths.size > 0 && reader.files ? ownedOf(member, reader.files, paths) : [];
      return [...named, ...owned].map((one) => ({ ...one, by: keyOf(member), architecture, derivative }));
    },
  };

  function ownedOf({ id }: Member, files: NonNullable<typeof reader.files>, paths: ReadonlySet<string>): Relation[] {
    const content = Buffer.from(store.part(id, files.part)).toString();
    const owned = [...files.paths(content)].filter((path) => paths.has(path));
    return owned.map((path) => ({ name: path, sign: '', version: '' }));
  }
}

async function brokenBy(
  survey: Survey,
  going: ReadonlyMap<string, Member>,
  add: readonly PublishedPackage[],
): Promise<{ member: Member; needs: string; certain: boolean }[]> {
  const { reader } = survey;
  const stays = (member: Member) => !going.has(keyOf(member));
  const lost: Offers = new Map();
  const paths = reader.files ? await pathsWanted(survey, stays) : new Set<string>();
  for (const member of [...going.values()].filter(isBinary)) {
    for (const offer of survey.offers(member, () => true, paths)) append(lost, offer);
  }
  const asking: Asking[] = [];
  for await (const member of survey.binaries()) {
    if (!stays(member)) continue;
    for (const stated of reader.needs(member.relations)) if (concerns(stated, lost)) asking.push({ member, stated });
  }
  if (asking.length === 0) return [];
  const left = await offersLeft(survey, asking, stays, add);
  const all: Offers = new Map([...left].map(([name, offers]) => [name, [...offers]]));
  for (const offer of [...lost.values()].flat()) append(all, offer);
  return asking.flatMap(({ member, stated: { text, need } }) => {
    if (!need) return [{ member, needs: text, certain: false }];
    const worse = architecturesOf(survey, member)
      .map((here) => [all, left].map((offers) => metIn(survey, member, need, offers, here)) as [Met, Met])
      .filter(([before, after]) => after < before);
    return worse.length === 0 ? [] : [{ member, needs: text, certain: worse.some(([, after]) => after === MET.no) }];
  });
}

/** Paths that packages which stay need. */
async function pathsWanted(survey: Survey, stays: (member: Member) => boolean): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for await (const member of survey.binaries()) {
    if (!stays(member)) continue;
    for (const { need } of survey.reader.needs(member.relations)) {
      for (const { name } of need ? relationsIn(need) : []) if (name.startsWith('/')) paths.add(name);
    }
  }
  return paths;
}

/** Whether a need is about anything that goes. What is not understood is, where it holds such a name. */
function concerns({ text, need }: StatedNeed, lost: Offers): boolean {
  if (need) return relationsIn(need).some(({ name }) => lost.has(name));
  return [...lost.keys()].some((name) => text.includes(name));
}

/** What those that stay, and those that come, offer of what is asked for. */
async function offersLeft(
  survey: Survey,
  asking: readonly Asking[],
  stays: (member: Member) => boolean,
  add: readonly PublishedPackage[],
): Promise<Offers> {
  const wanted = new Set(
    asking.flatMap(({ stated: { need } }) => (need ? relationsIn(need) : [])).map((one) => one.name),
  );
  const paths = new Set([...wanted].filter((name) => name.startsWith('/')));
  const left: Offers = new Map();
  const take = (member: Member, from: ReadonlySet<string>) => {
    for (const offer of survey.offers(member, (name) => wanted.has(name), from)) append(left, offer);
  };
  for await (const member of survey.binaries()) if (stays(member)) take(member, paths);
  for (const [index, each] of add.entries()) take({ ...each, id: -index - 1 }, new Set());
  return left;
}

/** The architectures of clients that a package is for, as the others of their lists are: several for one for all. */
function architecturesOf(
  { format, definition }: Survey,
  { architecture, derivative, kind }: Member,
): (readonly string[])[] {
  const lists = format.lists(definition, () => true);
  const taking = lists.filter((list) => list.derivative === derivative && list.kinds.includes(kind));
  const found = taking.map(({ architectures }) => architectures).filter((all) => all.includes(architecture));
  return [...new Map(found.map((all) => [all.join(), all])).values()];
}

/** Whether clients of some architectures have a need met; perhaps, where that takes a derivative that not all have. */
function metIn(survey: Survey, member: Member, need: Need, offers: Offers, here: readonly string[]): Met {
  const [first] = survey.definition.derivatives;
  const met = (isSeen: (derivative: string) => boolean) =>
    isMet(need, (wanted) => {
      const fitting = (offers.get(wanted.name) ?? []).filter(
        (offer) => here.includes(offer.architecture) && isSeen(offer.derivative) && fits(survey.format, offer, wanted),
      );
      return new Set(fitting.map(({ by }) => by));
    });
  const surely = met((derivative) => derivative === member.derivative || derivative === first);
  if (surely === MET.yes) return surely;
  return Math.max(
    surely,
    Math.min(
      met(() => true),
      MET.perhaps,
    ),
  ) as Met;
}

/** Whether the versions that are offered and those that are wanted have one in common. */
function fits({ compareVersions, relations }: RepositoryFormat, offer: Relation, wanted: Relation): boolean {
  if (wanted.sign === '') return true;
  // What is provided without a version meets no wish for one (Debian policy 7.5; dnf alike).
  if (offer.sign === '') return false;
  const order = compareVersions(...relations.comparable(offer.version, wanted.version));
  const both = (sign: string) => offer.sign.includes(sign) && wanted.sign.includes(sign);
  if (order === 0) return both('=') || both('<') || both('>');
  return order < 0
    ? offer.sign.includes('>') || wanted.sign.includes('<')
    : offer.sign.includes('<') || wanted.sign.includes('>');
}

function append(known: Offers, offer: Offer): void {
  const same = known.get(offer.name);
  if (same) same.push(offer);
  else known.set(offer.name, [offer]);
}

function isBinary({ kind }: Member): boolean {
  return kind === 'binary' || kind === 'udeb';
}
