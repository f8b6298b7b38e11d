import { Failure } from '@fatbuildr/domain';
import type { AptRepository } from './types.ts';

/** What clients remember of a repository and refuse to see changed (apt-secure(8), "INFORMATION CHANGES"). */
const IDENTITY = ['origin', 'label', 'suite', 'codename'] as const;

/** @throws Failure `rejected` when a repository that clients know became another */
export function checkDefinition(published: AptRepository, wanted: AptRepository, derivativesInUse: Set<string>): void {
  for (const key of IDENTITY) {
    const [before, after] = [published, wanted].map((each) => each[key] ?? each.distribution);
    if (before !== after) {
      throw new Failure(
        'rejected',
        `the ${key} of ${wanted.distribution} cannot change from "${before}" to "${after}": every client would refuse it`,
        { hint: 'set it back in the configuration' },
      );
    }
  }
  const gone = [...derivativesInUse].find((derivative) => !wanted.derivatives.includes(derivative));
  if (gone !== undefined) {
    throw new Failure('rejected', `the derivative ${gone} of ${wanted.distribution} still holds packages`, {
      hint: 'delete them first (fatbuildrctl registry delete), or keep it in the configuration',
    });
  }
}
