import { Failure } from '@fatbuildr/domain';
import type { AptRepository } from '../model/repository.ts';

/** What clients remember of a repository and refuse to see changed (apt-secure(8), "INFORMATION CHANGES"). */
const IDENTITY = ['origin', 'label', 'suite', 'codename'] as const;

/** @throws Failure `rejected` when a repository that clients know became another */
export function checkIdentity(wanted: AptRepository, published: AptRepository | undefined): void {
  for (const key of IDENTITY) {
    const [before, after] = [published ?? wanted, wanted].map((each) => each[key] ?? each.distribution);
    if (before === after) continue;
    throw new Failure(
      'rejected',
      `the ${key} of ${wanted.distribution} cannot change from "${before}" to "${after}": every client would refuse it`,
      { hint: 'set it back in the configuration' },
    );
  }
}
