import type { DebEnvironmentRecipe, HeldTree, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { describe, expect, test } from 'vitest';
import { decide, sourcesOf } from './made-from.ts';

const host = {
  mirror: { uri: 'http://one.example/debian', signedBy: '/usr/share/keyrings/debian.gpg' },
  security: { uri: 'http://one.example/security', signedBy: '/usr/share/keyrings/debian.gpg' },
};
const deb: DebEnvironmentRecipe = {
  ...{ instance: 'default', format: 'deb', name: 'bookworm', architecture: 'amd64', suite: 'bookworm', mirror: null },
  ...{ components: ['main'], suites: ['bookworm-updates'], keyring: null },
  security: { suite: 'bookworm-security', mirror: null },
};
const rpm: RpmEnvironmentRecipe = {
  ...{ instance: 'default', format: 'rpm', name: 'el9', architecture: 'amd64', builder: null, mock: null },
  ...{ repositories: [{ id: 'base', baseurl: 'http://one.example/9' }], releasever: '9', dbpath: '/var/lib/rpm' },
  modules: [],
};

describe('the sources of an environment are others', () => {
  test.each<[string, Partial<DebEnvironmentRecipe>]>([
    ['with another mirror', { mirror: 'http://two.example/debian' }],
    ['with further components', { components: ['main', 'contrib'] }],
    ['without security updates', { security: null }],
    ['with a keyring of its own', { keyring: '/etc/keys/own.gpg' }],
  ])('%s', (_, change) => {
    expect(sourcesOf({ ...deb, ...change }, host)).not.toBe(sourcesOf(deb, host));
  });

  test('when the host has another mirror, unless the recipe names one', () => {
    const moved = { ...host, mirror: { ...host.mirror, uri: 'http://two.example/debian' } };
    expect(sourcesOf(deb, moved)).not.toBe(sourcesOf(deb, host));
    const named = { ...deb, mirror: 'http://own.example/debian', security: null };
    expect(sourcesOf(named, moved)).toBe(sourcesOf(named, host));
  });

  test('with another release of an rpm distribution, not when its repositories moved', () => {
    expect(sourcesOf({ ...rpm, releasever: '10' }, host)).not.toBe(sourcesOf(rpm, host));
    const moved = { ...rpm, repositories: [{ id: 'base', baseurl: 'http://two.example/9' }] };
    expect(sourcesOf(moved, host)).toBe(sourcesOf(rpm, host));
  });
});

describe('what becomes of an environment', () => {
  const held: HeldTree = {
    ...{ kind: 'environment', name: 'default/deb/bookworm-amd64', instance: 'default', format: 'deb' },
    ...{ environment: 'bookworm', architecture: 'amd64', generation: 'g1', created: 1, bytes: 1, madeFrom: 'these' },
  };
  const create = { operation: 'create', force: false } as const;
  const update = { operation: 'update', force: false } as const;

  test('it is made where there is none, and anew when that is forced', () => {
    expect(decide(create, undefined, 'these')).toEqual({ does: 'create' });
    expect(decide({ ...create, force: true }, held, 'these')).toEqual({ does: 'create' });
    expect(decide(create, held, 'these')).toMatchObject({ does: 'nothing', because: expect.stringMatching(/--force/) });
  });

  test('it is brought up to date, or made anew where its sources are others now', () => {
    expect(decide(update, held, 'these')).toEqual({ does: 'update' });
    expect(decide(update, held, 'those')).toMatchObject({ does: 'create', because: expect.stringMatching(/anew/) });
    expect(decide(create, held, 'those')).toMatchObject({ because: expect.stringMatching(/other sources.*--force/) });
  });

  test('of one that was made before that was noted nothing is known', () => {
    const { madeFrom: _, ...old } = held;
    expect(decide(update, old, 'those')).toEqual({ does: 'update' });
  });
});
