import { Failure } from '@fatbuildr/domain';
import { select } from '../apt/changes.ts';
import type { PackageSelector } from '../apt/types.ts';
import { targetsOf } from './layout.ts';
import type { RpmMember } from './store.ts';
import type { IngestedRpm, RpmChanges, RpmRepository } from './types.ts';

/** What a publication will really do, beyond what is so already. */
export interface PlannedRpmChanges {
  add: { derivative: string; package: IngestedRpm }[];
  remove: RpmMember[];
}

/**
 * Compares what is asked for with what is there.
 *
 * @throws Failure `rejected` when a package does not fit the repository, a version is there with other content, or a
 * selector matches nothing
 */
export function planRpmChanges(
  repository: RpmRepository,
  changes: RpmChanges,
  present: (selector: PackageSelector) => RpmMember[],
): PlannedRpmChanges {
  const remove = new Map<string, RpmMember>();
  for (const selector of changes.remove ?? []) {
    for (const member of select(repository, selector, present)) remove.set(`${member.derivative} ${member.id}`, member);
  }
  const add: PlannedRpmChanges['add'] = [];
  for (const addition of changes.add ?? []) {
    checkFits(repository, addition);
    const { name, version, architecture, content } = addition.package;
    const same = present({ name, version, architecture }).filter(
      (member) => !remove.has(`${member.derivative} ${member.id}`),
    );
    const planned = add.filter(({ package: other }) => isSame(other, addition.package));
    const others = [...same, ...planned.map((other) => ({ ...other.package, derivative: other.derivative }))];
    const strange = others.find((other) => other.content !== content);
    if (strange) throw conflict(repository, addition.package, strange);
    if (!others.some((other) => other.derivative === addition.derivative)) add.push(addition);
  }
  return { add, remove: [...remove.values()] };
}

/** @throws Failure `rejected` when a derivative that still holds packages is no longer configured, or a name is taken */
export function checkRpmDefinition(wanted: RpmRepository, derivativesInUse: Iterable<string>): void {
  if (wanted.distribution === 'pool') {
    throw new Failure(
      'rejected',
      'no RPM distribution can be called pool: its packages are in a directory of that name',
    );
  }
  const gone = [...derivativesInUse].find((derivative) => !wanted.derivatives.includes(derivative));
  if (gone === undefined) return;
  throw new Failure('rejected', `the derivative ${gone} of ${wanted.distribution} still holds packages`, {
    hint: 'delete them first (fatbuildrctl registry delete), or keep it in the configuration',
  });
}

function checkFits(repository: RpmRepository, { derivative, package: added }: PlannedRpmChanges['add'][number]): void {
  const { distribution, derivatives } = repository;
  if (!derivatives.includes(derivative)) {
    throw new Failure('rejected', `${distribution} has no derivative ${derivative}; it has ${derivatives.join(', ')}`);
  }
  const architectures = new Set(targetsOf(repository).flatMap((target) => target.architectures));
  if (!architectures.has(added.architecture)) {
    throw new Failure(
      'rejected',
      `${added.name} ${added.version} is for ${added.architecture}; ${distribution} has ${[...architectures].join(', ')}`,
    );
  }
}

function isSame(a: IngestedRpm, b: IngestedRpm): boolean {
  return a.name === b.name && a.version === b.version && a.architecture === b.architecture;
}

function conflict(repository: RpmRepository, added: IngestedRpm, published: { content: string }): Failure {
  return new Failure(
    'rejected',
    `${added.name}-${added.version}.${added.architecture} is in ${repository.distribution} with other content: ` +
      `header and payload of the published one are sha256 ${published.content}, of the offered one ${added.content}`,
    { hint: 'raise its Release and build it again' },
  );
}
