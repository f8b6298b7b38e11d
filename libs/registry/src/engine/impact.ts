import type { RepositoryFormat } from '../format.ts';
import type { PackageSelector, PublishedPackage } from '../model/package.ts';
import type { Impact } from '../model/publication.ts';
import type { RepositoryRef } from '../model/repository.ts';
import { type Member, toPublished } from '../store/rows.ts';
import type { WriterContext } from './context.ts';
import { isMet, MET, type Met, type Need, type Relation, relationsIn, type StatedNeed } from './need.ts';
import { keyOf } from './plan.ts';
import { append, isBinary, named, type Offer, type Offers, type Survey, surveyOf } from './survey.ts';

/** Bounded, so that others have their turn in between. */
const NEEDS_AT_ONCE = 200;

export interface ImpactChanges {
  remove: readonly PackageSelector[];
  /** What comes meanwhile; of its files nothing is known. */
  add: readonly PublishedPackage[];
  /** What holds both what stays and what goes; the present one by default. */
  revision?: number;
  /** Ends it with the signal's reason. */
  signal?: AbortSignal;
}

/** Who asks for what, and of which it may be that it is not there any more. */
interface Asking {
  member: Member;
  stated: StatedNeed;
}

interface Broken extends Omit<Impact, 'package'> {
  member: Member;
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
  const { revision = repository.revision, signal } = changes;
  const survey = surveyOf(context, { ...repository, revision }, signal);
  const going = new Map<string, Member>();
  for (const selector of changes.remove) {
    for (const each of survey.members(selector)) going.set(keyOf(each), each);
  }
  const found = new Map<string, Broken>();
  for (let broken = 1; broken > 0; ) {
    broken = 0;
    for (const each of await brokenBy(survey, going, changes.add)) {
      const { member, needs, certain } = each;
      found.set(`${keyOf(member)} ${needs}`, each);
      if (!certain || going.has(keyOf(member))) continue;
      going.set(keyOf(member), member);
      broken += 1;
    }
  }
  return [...found.values()].flatMap(({ member, needs, certain }) =>
    toPublished([member]).map((one) => ({ package: one, needs, certain })),
  );
}

async function brokenBy(
  survey: Survey,
  going: ReadonlyMap<string, Member>,
  add: readonly PublishedPackage[],
): Promise<Broken[]> {
  const { reader } = survey;
  const stays = (key: string) => !going.has(key);
  const lost: Offers = new Map();
  const paths = await survey.paths();
  for (const member of [...going.values()].filter(isBinary)) {
    for (const offer of [...named(survey, member), ...survey.owned(member, paths)]) append(lost, offer);
  }
  const asking: Asking[] = [];
  for await (const member of survey.binaries()) {
    if (!stays(keyOf(member))) continue;
    for (const stated of reader.needs(member.relations)) if (concerns(stated, lost)) asking.push({ member, stated });
  }
  if (asking.length === 0) return [];
  const left = await offersLeft(survey, asking, stays, add);
  const all: Offers = new Map([...left].map(([name, offers]) => [name, [...offers]]));
  for (const offer of [...lost.values()].flat()) append(all, offer);
  const broken: Broken[] = [];
  for (const [index, each] of asking.entries()) {
    if (index % NEEDS_AT_ONCE === 0) await survey.pause();
    const certain = isBroken(survey, each, all, left);
    if (certain !== undefined) broken.push({ member: each.member, needs: each.stated.text, certain });
  }
  return broken;
}

/** Whether it is certain that a need is not met any more; undefined where nothing is worse than before. */
function isBroken(
  survey: Survey,
  { member, stated: { need } }: Asking,
  all: Offers,
  left: Offers,
): boolean | undefined {
  if (!need) return false;
  const worse = architecturesOf(survey, member)
    .map((here) => [all, left].map((offers) => metIn(survey, member, need, offers, here)) as [Met, Met])
    .filter(([before, after]) => after < before);
  return worse.length === 0 ? undefined : worse.some(([, after]) => after === MET.no);
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
  stays: (key: string) => boolean,
  add: readonly PublishedPackage[],
): Promise<Offers> {
  const wanted = new Set(
    asking.flatMap(({ stated: { need } }) => (need ? relationsIn(need) : [])).map((one) => one.name),
  );
  const left: Offers = new Map();
  const take = (offers: readonly Offer[]) => {
    for (const offer of offers) if (wanted.has(offer.name)) append(left, offer);
  };
  for await (const member of survey.binaries()) if (stays(keyOf(member))) take(named(survey, member));
  for (const [index, each] of add.entries()) take(named(survey, { ...each, id: -index - 1 }));
  const paths = [...wanted].filter((name) => name.startsWith('/'));
  const owners: Offers = paths.length > 0 ? await survey.owners() : new Map();
  for (const path of paths) take((owners.get(path) ?? []).filter(({ by }) => stays(by)));
  return left;
}

/** The architectures of clients that a package is for, as the others of their lists are: several for one for all. */
function architecturesOf({ lists }: Survey, { architecture, derivative, kind }: Member): (readonly string[])[] {
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
