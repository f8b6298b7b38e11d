import { Failure } from '@fatbuildr/domain';
import type { RollbackRequest } from '../model/requests.ts';
import type { Member, StoredRepository } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Hold } from './change.ts';
import { type Addition, keyOf, type Plan, type RepositoryView } from './plan.ts';

/**
 * What has to come and go for a repository to hold again what it held at a revision.
 *
 * @throws Failure `rejected` when that publication is not kept any more, or what it held does not fit the definition
 */
export function planRollback(
  { format, definition }: RepositoryView,
  { revision }: RollbackRequest,
  stored: StoredRepository | undefined,
  store: Store,
  hold: Hold,
): Plan {
  const { distribution, derivatives } = definition;
  if (!stored || !store.publication(stored, revision)) {
    const kept = stored && store.revisions(stored);
    throw new Failure('rejected', `${distribution} cannot go back to publication ${revision}: it is not kept`, {
      hint: kept ? `the oldest that is kept is ${kept.oldest}` : 'it was never published',
    });
  }
  const { came, went } = store.changedSince(stored, revision);
  const [there, back] = [came, went].map((members) => new Map(members.map((member) => [keyOf(member), member])));
  const add = went.filter((member) => !there?.has(keyOf(member)));
  const fitting = new Set([...format.architectures(definition), ...format.directories(definition)]);
  const strange = add.find((member) => !fits(member));
  if (strange) {
    throw new Failure(
      'rejected',
      `${distribution} cannot go back to publication ${revision}: it held ${strange.name} for ${strange.architecture} ` +
        `in ${strange.derivative}, which ${distribution} does not have any more`,
      { hint: 'add the derivative and architecture to the distribution again' },
    );
  }
  const additions = add.map(
    (member): Addition => ({ derivative: member.derivative, facts: member, from: { row: member.id } }),
  );
  hold(additions);
  return { add: additions, remove: came.filter((member) => !back?.has(keyOf(member))) };

  function fits({ derivative, architecture }: Member): boolean {
    return derivatives.includes(derivative) && fitting.has(architecture);
  }
}
