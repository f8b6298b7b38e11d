import type { PublisherOrder, RepositoryTarget, ResultRequest } from '@fatbuildr/domain';
import { expect } from 'vitest';
import { type PublisherFarm, startPublisherFarm } from './publisher-farm.ts';

const instanceWith = (gate: string | undefined) => `name: Example
gpg: { name: Example, email: example@example.org }
architectures: [amd64]
formats:
  deb:
    - { name: bookworm, tag: deb12${gate ? `, gate: ${gate}` : ''} }
  rpm:
    - { name: el9, tag: el9${gate ? `, gate: ${gate}` : ''} }
derivatives:
  extra: {}
`;

const common = { derivatives: ['main', 'extra'], architectures: ['amd64'] };
export const repositories: Record<'deb' | 'rpm', RepositoryTarget> = {
  deb: { format: 'deb', distribution: 'bookworm', ...common },
  rpm: { format: 'rpm', distribution: 'el9', ...common },
};

/**
 * A publisher of an instance with a keyring, and so an empty repository of each format.
 *
 * @param options `gate` is a program that tries each publication, `tree` where the registry tree is
 */
export async function startBothFormats({ gate, tree }: { gate?: string; tree?: string } = {}): Promise<PublisherFarm> {
  const farm = await startPublisherFarm({ default: instanceWith(gate) }, {}, tree);
  const created = await done(farm, {
    ...{ kind: 'keyring', operation: 'create', instance: 'default', validityDays: 30, overlapDays: 0 },
    userId: { name: 'Example', email: 'example@example.org' },
    repositories: Object.values(repositories),
  });
  expect(created.publication?.publications).toMatchObject([{ distribution: 'bookworm' }, { distribution: 'el9' }]);
  return farm;
}

/** Waits for an order that is to succeed. */
export async function done(farm: PublisherFarm, order: PublisherOrder): Promise<ResultRequest> {
  const result = await (await farm.api.submit(order)).over;
  expect(result).toMatchObject({ outcome: 'success', cause: null });
  return result;
}
