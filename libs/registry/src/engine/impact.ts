import { parseRelations, type Relation } from '../apt/relations.ts';
import type { RepositoryFormat } from '../format.ts';
import type { Impact, PackageFormat, PackageSelector } from '../model.ts';
import { parseRpmRelations } from '../rpm/relations.ts';
import { type Member, type StoredRepository, toPublished } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { keyOf } from './plan.ts';

/** Something that a package offers, for one architecture. */
interface Offer extends Relation {
  architecture: string;
}

/** How packages of a format say what they need and offer: each need is alternatives, of which one is enough. */
interface RelationReader {
  needs(relations: Record<string, string>): Relation[][];
  provides(relations: Record<string, string>): Relation[];
  /** An offered version as it is compared with a wanted one. */
  comparable(offered: string, wanted: string): string;
}

const READERS: Record<PackageFormat, RelationReader> = {
  deb: {
    needs: (relations) => ['pre-depends', 'depends'].flatMap((name) => parseRelations(field(relations, name))),
    provides: (relations) => parseRelations(field(relations, 'provides')).flat(),
    comparable: (offered) => offered,
  },
  rpm: {
    needs: (relations) => parseRpmRelations(field(relations, 'requires')).map((one) => [one]),
    provides: (relations) => parseRpmRelations(field(relations, 'provides')),
    // Who asks for no release takes any.
    comparable: (offered, wanted) => (wanted.includes('-') ? offered : offered.replace(/-[^-]*$/, '')),
  },
  // An image needs nothing.
  osi: { needs: () => [], provides: () => [], comparable: (offered) => offered },
};

/**
 * The packages that stay and of which a need is met by a package that goes and by none that stays. What other
 * repositories offer is not known: so a need that nothing here met before is none of these.
 */
export function impact(
  store: Store,
  format: RepositoryFormat,
  repository: StoredRepository,
  remove: readonly PackageSelector[],
): Impact[] {
  const going = new Map<string, Member>();
  for (const selector of remove) for (const each of store.members(repository, selector)) going.set(keyOf(each), each);
  const reader = READERS[format.id];
  const offers = ({ name, version, architecture, relations }: Member): Offer[] =>
    [{ name, sign: '=', version }, ...reader.provides(relations)].map((each) => ({ ...each, architecture }));
  const lost = offersByName([...going.values()].filter(isBinary), offers);
  const left = new Map<string, Offer[]>();
  const stays = (page: Member[]) => page.filter((member) => isBinary(member) && !going.has(keyOf(member)));
  const offeredByThoseLeft = (isWanted: (name: string) => boolean) => {
    for (const page of store.pagesOfMembers(repository, {})) {
      for (const offer of stays(page).flatMap(offers)) if (isWanted(offer.name)) append(left, offer);
    }
  };
  const isMetBy = (known: ReadonlyMap<string, Offer[]>, need: Relation[], { architecture }: Member) =>
    need.some((each) =>
      (known.get(each.name) ?? []).some(
        (offer) => suits(offer.architecture, architecture) && isMet(format, reader, each, offer),
      ),
    );
  offeredByThoseLeft((name) => lost.has(name));
  // An alternative may be offered by what is not about the names that go.
  const wanted = new Set<string>();
  const asking: { member: Member; need: Relation[] }[] = [];
  for (const page of store.pagesOfMembers(repository, {})) {
    for (const member of stays(page)) {
      for (const need of reader.needs(member.relations)) {
        if (!isMetBy(lost, need, member) || isMetBy(left, need, member)) continue;
        asking.push({ member, need });
        for (const { name } of need) if (!lost.has(name)) wanted.add(name);
      }
    }
  }
  if (wanted.size > 0) offeredByThoseLeft((name) => wanted.has(name));
  return asking
    .filter(({ member, need }) => !isMetBy(left, need, member))
    .flatMap(({ member, need }) =>
      toPublished([member]).map((one) => ({ package: one, needs: need.map(words).join(' | ') })),
    );
}

function offersByName(members: readonly Member[], offers: (member: Member) => Offer[]): Map<string, Offer[]> {
  const found = new Map<string, Offer[]>();
  for (const offer of members.flatMap(offers)) append(found, offer);
  return found;
}

function append(known: Map<string, Offer[]>, offer: Offer): void {
  const same = known.get(offer.name);
  if (same) same.push(offer);
  else known.set(offer.name, [offer]);
}

function isMet(
  { compareVersions }: RepositoryFormat,
  { comparable }: RelationReader,
  { sign, version }: Relation,
  offer: Relation,
): boolean {
  if (sign === '') return true;
  // What is provided without a version meets no wish for one (Debian policy 7.5; rpm alike).
  if (offer.sign === '') return false;
  const order = compareVersions(comparable(offer.version, version), version);
  if (order === 0) return sign.includes('=');
  return sign.startsWith(order > 0 ? '>' : '<');
}

/** Whether a package for one architecture may serve one for another; those for all serve and are served by any. */
function suits(offered: string, asking: string): boolean {
  return offered === asking || [offered, asking].some((each) => each === 'all' || each === 'noarch');
}

function isBinary({ kind }: Member): boolean {
  return kind === 'binary' || kind === 'udeb';
}

function words({ name, sign, version }: Relation): string {
  return sign === '' ? name : `${name} ${sign} ${version}`;
}

function field(relations: Record<string, string>, name: string): string {
  return Object.entries(relations).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}
