import { createHash } from 'node:crypto';
import { Failure } from '@fatbuildr/domain';
import type { RepositoryFormat } from '../format.ts';
import type { IngestedPackage, PackageSelector } from '../model/package.ts';
import type { Repository } from '../model/repository.ts';
import type { ExtraMetadata, PublicationChanges } from '../model/requests.ts';
import type { LeftOut } from '../model/staging.ts';
import { inTurns } from '../shared/in-turns.ts';
import type { FormerContent } from '../store/members.ts';
import { factsOf, type Member, type PackageFacts, type StoredKind } from '../store/rows.ts';
import { type Identity, isIdentity, openRivals } from './rivals.ts';

/** A repository as a plan sees it. */
export interface RepositoryView {
  format: RepositoryFormat;
  /** As it is to be. */
  definition: Repository;
  /** The versions that packages of a name have, and had. */
  versions(name: string): string[];
  /** The present members that match. */
  present(selector: PackageSelector): Member[];
  /** The other content that a package of this identity had in an earlier publication, and which was the last. */
  former(facts: PackageFacts): FormerContent | undefined;
}

/** A package that is to come into a repository. */
export interface Addition {
  derivative: string;
  facts: PackageFacts;
  /** Its row, and its files in the pool, when there is one already; otherwise what they are made from. */
  from: { row: number } | Pick<IngestedPackage, 'parts' | 'files'> | { content: Uint8Array };
}

/**
 * Told of a package that cannot come, and why: since its version is taken, or is older than those that are kept.
 * Returning goes on without it.
 */
export type LeaveOut = (addition: Addition, reason: 'taken' | 'old', why: Failure) => void;

export const leaveOutNone: LeaveOut = (_addition, _reason, why) => {
  throw why;
};

/** What was left out, as it is told. */
export function leftOutOf({ facts }: Addition, reason: LeftOut['reason'], why: Failure): LeftOut {
  const { name, version, architecture, source } = facts;
  return { name, version, architecture, source, reason, why: why.message };
}

/** What a request really does, beyond what is so already. */
export interface Plan {
  add: Addition[];
  remove: Member[];
  /** What was asked for and is left out; nothing by default. */
  leftOut?: LeftOut[];
}

/**
 * Compares what is asked for with what is there.
 *
 * @throws Failure `rejected` when a package does not fit the repository, a version is there with other content, or a
 * selector matches nothing
 */
export async function planChanges(
  view: RepositoryView,
  { add = [], remove = [], metadata = [] }: PublicationChanges,
): Promise<Plan> {
  const gone = new Map<string, Member>();
  for (const selector of remove) for (const member of select(view, selector)) gone.set(keyOf(member), member);
  const wanted = add.map(({ derivative, package: ingested }): Addition => {
    const { parts, files } = ingested;
    return { derivative, facts: factsOf(ingested), from: { parts, files } };
  });
  const plan: Plan = { add: await planAdditions(view, wanted, { going: gone }), remove: [...gone.values()] };
  for (const each of metadata) planMetadata(view, each, plan);
  return plan;
}

export interface AdditionOptions {
  /** What is there and is going. */
  going?: ReadonlyMap<string, Member>;
  /** By default the first that cannot come refuses all. */
  leaveOut?: LeaveOut;
}

/** Those of the wanted packages that are not there, once those that are going are gone; any number of them. */
export async function planAdditions(
  view: RepositoryView,
  wanted: readonly Addition[],
  { going = new Map(), leaveOut = leaveOutNone }: AdditionOptions = {},
): Promise<Addition[]> {
  const rivals = openRivals(view.format, view.definition, view.versions);
  const planned = new Map<string, Addition[]>();
  const add: Addition[] = [];
  for await (const addition of inTurns(wanted)) {
    checkFits(view, addition);
    const { name, version, architecture } = addition.facts;
    const identity = [name, version, architecture].join(' ');
    const published = rivals.of(addition.facts);
    const equal = published.flatMap((each) => [
      ...view
        .present(each)
        .filter((member) => !going.has(keyOf(member)))
        .map((member): Addition => ({ derivative: member.derivative, facts: member, from: { row: member.id } })),
      ...(planned.get([each.name, each.version, each.architecture].join(' ')) ?? []),
    ]);
    const same = equal.filter(({ facts }) => isIdentity(facts, addition.facts));
    const taken = whyTaken(view, addition, same.length > 0 ? same : equal, published);
    if (taken) {
      leaveOut(addition, 'taken', taken);
      continue;
    }
    if (same.some(({ derivative }) => derivative === addition.derivative)) continue;
    // What is there under another signature is the same package: one file stands for it in all derivatives.
    const chosen = { ...(same[0] ?? addition), derivative: addition.derivative };
    planned.set(identity, [...(planned.get(identity) ?? []), chosen]);
    add.push(chosen);
  }
  return add;
}

/** Who lists packages tells them apart by name, version and architecture. */
function takenByKind({ definition }: RepositoryView, { facts }: Addition, taken: StoredKind): Failure {
  const { name, version, architecture, kind } = facts;
  const [there, offered] = [taken, kind].map((each) => (each === 'udeb' ? '.udeb' : '.deb'));
  return new Failure(
    'rejected',
    `${name} ${version} (${architecture}) is in ${definition.distribution} as a ${there} package, and offered as a ` +
      `${offered} package`,
    { hint: 'give one of them another name, as in NAME-udeb' },
  );
}

/** @throws Failure `rejected` unless the derivative and the architecture are those of the repository */
function checkFits({ format, definition }: RepositoryView, { derivative, facts }: Addition): void {
  checkDerivative(definition, derivative);
  const architectures = format.architectures(definition);
  if (architectures.includes(facts.architecture)) return;
  throw new Failure(
    'rejected',
    `${facts.name} ${facts.version} is for ${facts.architecture}; ${definition.distribution} has ${architectures.join(', ')}`,
    { hint: 'build it for one of these, or add the architecture to the distribution' },
  );
}

/**
 * @param same what comes or is there that clients take for the same; if there is nothing, what was there matters too
 * @param published what it may have been published as
 */
function whyTaken(
  view: RepositoryView,
  addition: Addition,
  same: readonly Addition[],
  published: readonly Identity[],
): Failure | undefined {
  const { format, definition } = view;
  const { name, version, architecture, kind, content } = addition.facts;
  const other = same.find(({ facts }) => facts.kind !== kind);
  if (other) return takenByKind(view, addition, other.facts.kind);
  const strange = same.find((each) => each.facts.content !== content);
  if (strange) {
    const { facts } = strange;
    const as = isIdentity(facts, addition.facts) ? '' : `, as ${facts.version} (${facts.architecture})`;
    return new Failure(
      'rejected',
      `${name} ${version} (${architecture}) is in ${definition.distribution} with other content${as}: ` +
        `published is sha256 ${facts.content}, offered is ${content}`,
      { hint: format.hintForTaken(version) },
    );
  }
  // Clients may have the former content still, and would keep it for the same.
  const before = same.length === 0 ? published.map((each) => view.former({ ...addition.facts, ...each })) : [];
  const former = before.find((each) => each !== undefined);
  if (!former) return undefined;
  return new Failure(
    'rejected',
    `${name} ${version} (${architecture}) was in ${definition.distribution} with other content, up to publication ` +
      `${former.last}: published was sha256 ${former.content}, offered is ${content}`,
    { hint: `a version is used once, since clients may have the former still: ${format.hintForTaken(version)}` },
  );
}

/** @throws Failure `rejected` when a selector names nothing or matches nothing */
function select(view: RepositoryView, selector: PackageSelector): Member[] {
  if (selector.source === undefined && selector.name === undefined) {
    throw new Failure('rejected', 'to delete packages, name a source package or a package', {
      hint: 'see what is there: fatbuildrctl registry list',
    });
  }
  const found = view.present(selector).filter(({ kind }) => kind !== 'metadata');
  if (found.length > 0) return found;
  const { instance, distribution } = view.definition;
  const wanted = Object.entries(selector)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${value}`);
  throw new Failure('rejected', `nothing in ${distribution} of ${instance} matches ${wanted.join(', ')}`, {
    hint: 'see what is there: fatbuildrctl registry list',
  });
}

/** Metadata is held as packages are: its type is the name, its directory the architecture. */
export function planMetadata(
  view: RepositoryView,
  { derivative, architecture, type, content }: ExtraMetadata,
  plan: Plan,
): void {
  const directories = view.format.directories(view.definition);
  if (architecture !== undefined && !directories.includes(architecture)) {
    const { distribution } = view.definition;
    throw new Failure(
      'rejected',
      `${distribution} has no directory ${architecture} that ${type} metadata could be in`,
      {
        hint: directories.length > 0 ? `it has ${directories.join(', ')}` : 'APT repositories carry none',
      },
    );
  }
  checkDerivative(view.definition, derivative);
  for (const directory of architecture === undefined ? directories : [architecture]) {
    const [present] = view
      .present({ derivative, name: type, architecture: directory })
      .filter(({ kind }) => kind === 'metadata');
    const digest = content && createHash('sha256').update(content).digest('hex');
    if (present?.digest === digest) continue;
    if (present) plan.remove.push(present);
    if (content && digest)
      plan.add.push({ derivative, facts: metadataFacts(type, directory, digest), from: { content } });
  }
}

function metadataFacts(type: string, directory: string, digest: string): PackageFacts {
  return {
    kind: 'metadata',
    name: type,
    version: '',
    architecture: directory,
    source: { name: '', version: '' },
    section: '',
    summary: '',
    relations: {},
    digest,
    content: digest,
    files: [],
    size: 0,
  };
}

function checkDerivative({ distribution, derivatives }: Repository, derivative: string): void {
  if (derivatives.includes(derivative)) return;
  throw new Failure('rejected', `${distribution} has no derivative ${derivative}; it has ${derivatives.join(', ')}`, {
    hint: 'name one of these, or add the derivative to the distribution',
  });
}

/** Tells the memberships of one repository apart. */
export function keyOf({ derivative, id }: Pick<Member, 'derivative' | 'id'>): string {
  return `${derivative} ${id}`;
}
