import { expect, test } from 'vitest';
import { archName, parseArchitecture } from './architecture.ts';
import { derivativeChain, findDistribution, findInstance, type Instance } from './instance.ts';

const rpm = {
  format: 'rpm' as const,
  builder: undefined,
  mock: undefined,
  repositories: [],
  releasever: undefined,
  dbpath: '/var/lib/rpm',
  modules: [],
};

const instance: Instance = {
  id: 'prod',
  name: 'Production',
  gpg: { name: 'P', email: 'p@example.org' },
  architectures: ['amd64'],
  distributions: [
    { ...rpm, name: 'el9', env: 'el9', tag: 'el9' },
    { ...rpm, name: 'twice', env: 'twice', tag: 't' },
    { format: 'osi', name: 'twice', env: 'twice', tag: 't', mirrors: [], packages: undefined },
  ],
  derivatives: [{ name: 'next', formats: ['rpm'], extends: 'main' }],
  allowPrivateSources: false,
};

test('an unknown name is refused with the known ones', () => {
  expect(() => findInstance({ instances: [instance] }, 'test')).toThrow(
    expect.objectContaining({
      outcome: 'rejected',
      message: 'There is no instance called test.',
      hint: 'Known: prod.',
    }),
  );
  expect(() => findDistribution(instance, 'rpm', 'el8')).toThrow(
    expect.objectContaining({
      message: 'There is no rpm distribution of instance prod called el8.',
      hint: 'Known: el9, twice.',
    }),
  );
  expect(() => findDistribution(instance, 'deb', 'bookworm')).toThrow(
    expect.objectContaining({ hint: 'None is configured.' }),
  );
  expect(() => derivativeChain(instance, 'next', 'osi')).toThrow(expect.objectContaining({ hint: 'Known: main.' }));
});

test('a name in two formats needs the format', () => {
  expect(() => findDistribution(instance, undefined, 'twice')).toThrow('exists for rpm and osi');
  expect(findDistribution(instance, 'osi', 'twice').format).toBe('osi');
});

test('a chain ends in main', () => {
  expect(derivativeChain(instance, 'main', 'osi')).toEqual(['main']);
  expect(derivativeChain(instance, 'next', 'rpm')).toEqual(['next', 'main']);
});

test('architectures have two spellings', () => {
  expect(['amd64', 'x86_64', 'aarch64', 'armv7l', 'vax'].map(parseArchitecture)).toEqual([
    ...['amd64', 'amd64', 'arm64', 'armhf'],
    undefined,
  ]);
  expect([archName('amd64', 'deb'), archName('amd64', 'rpm'), archName('arm64', 'rpm')]).toEqual([
    ...['amd64', 'x86_64', 'aarch64'],
  ]);
});
