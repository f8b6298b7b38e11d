import { Failure } from '@fatbuildr/domain';
import type { Member } from './rows.ts';
import type { AptRepository, IngestedPackage, PackageSelector, PublicationChanges } from './types.ts';

export interface Addition {
  derivative: string;
  package: IngestedPackage;
}

/** What a publication will really do, beyond what is so already. */
export interface PlannedChanges {
  add: Addition[];
  remove: Member[];
}

/**
 * Compares what is asked for with what is there.
 *
 * @throws Failure `rejected` when a package does not fit the repository, a version is there with other bytes, or a
 * selector matches nothing
 */
export function planChanges(
  repository: AptRepository,
  changes: PublicationChanges,
  present: (selector: PackageSelector) => Member[],
): PlannedChanges {
  const remove = new Map<string, Member>();
  for (const selector of changes.remove ?? []) {
    for (const member of select(repository, selector, present)) remove.set(`${member.derivative} ${member.id}`, member);
  }
  const add: Addition[] = [];
  for (const addition of changes.add ?? []) {
    checkFits(repository, addition);
    const { name, version, architecture } = addition.package;
    const same = present({ name, version, architecture }).filter(
      (member) => member.kind === addition.package.kind && !remove.has(`${member.derivative} ${member.id}`),
    );
    const planned = add.filter(({ package: other }) => sameIdentity(other, addition.package));
    for (const { digest } of [...same, ...planned.map((other) => other.package)]) {
      if (digest !== addition.package.digest) throw conflict(repository, addition.package, digest);
    }
    const there = [...same, ...planned].some((other) => other.derivative === addition.derivative);
    if (!there) add.push(addition);
  }
  return { add, remove: [...remove.values()] };
}

/** The members that a selector means. @throws Failure `rejected` when it names nothing or matches nothing */
export function select<T>(
  repository: { instance: string; distribution: string },
  selector: PackageSelector,
  present: (selector: PackageSelector) => T[],
): T[] {
  const given = Object.entries(selector).filter(([, value]) => value !== undefined);
  if (selector.source === undefined && selector.name === undefined) {
    throw new Failure('rejected', 'to delete packages, name a source package or a package');
  }
  const found = present(selector);
  if (found.length === 0) {
    const wanted = given.map(([key, value]) => `${key} ${value}`).join(', ');
    throw new Failure('rejected', `nothing in ${repository.distribution} of ${repository.instance} matches ${wanted}`, {
      hint: 'see what is there: fatbuildrctl registry list',
    });
  }
  return found;
}

function checkFits(repository: AptRepository, { derivative, package: added }: Addition): void {
  if (!repository.derivatives.includes(derivative)) {
    throw new Failure(
      'rejected',
      `${repository.distribution} has no derivative ${derivative}; it has ${repository.derivatives.join(', ')}`,
    );
  }
  const architectures = [...repository.architectures, 'all', 'source'];
  if (!architectures.includes(added.architecture)) {
    throw new Failure(
      'rejected',
      `${added.name} ${added.version} is for ${added.architecture}; ${repository.distribution} has ${architectures.join(', ')}`,
    );
  }
}

function sameIdentity(a: IngestedPackage, b: IngestedPackage): boolean {
  return a.kind === b.kind && a.name === b.name && a.version === b.version && a.architecture === b.architecture;
}

/** apt merges the components of a suite: one version must be one file in all of them. */
function conflict(repository: AptRepository, added: IngestedPackage, digest: string): Failure {
  const { name, version, architecture } = added;
  return new Failure(
    'rejected',
    `${name} ${version} (${architecture}) is in ${repository.distribution} with other content: ` +
      `published is sha256 ${digest}, offered is ${added.digest}`,
    { hint: `publish it under a new version, as in ${nextVersion(version)}` },
  );
}

function nextVersion(version: string): string {
  const build = /\+build(\d+)$/.exec(version);
  if (!build) return `${version}+build2`;
  return `${version.slice(0, build.index)}+build${Number(build[1]) + 1}`;
}
