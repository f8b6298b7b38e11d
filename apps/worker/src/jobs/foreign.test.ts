import type { RpmEnvironmentRecipe, WorkerOrder } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { forceArchitecture, personalityFor } from './foreign.ts';

const recipe = (architecture: string) => ({ architecture }) as RpmEnvironmentRecipe;
const host = { architecture: 'amd64' };

test('dnf and mock are told of an emulated architecture, and of no other', () => {
  expect(forceArchitecture(recipe('amd64'), host)).toEqual([]);
  expect(forceArchitecture(recipe('arm64'), host)).toEqual(['--forcearch=aarch64']);
});

test.runIf(process.arch === 'x64')('i386 is a personality of amd64, in whatever kind of order it is named', () => {
  expect(forceArchitecture(recipe('i386'), host)).toEqual([]);
  const orders = [
    { kind: 'build-deb', recipe: recipe('i386') },
    { kind: 'environment', recipe: recipe('i386') },
    { kind: 'exec', environment: recipe('i386') },
  ] as unknown as WorkerOrder[];
  expect(orders.map(personalityFor)).toEqual([{ personality: 'x86' }, { personality: 'x86' }, { personality: 'x86' }]);
  const others = [
    { kind: 'build-deb', recipe: recipe('arm64') },
    { kind: 'exec', environment: null },
    { kind: 'image', recipe: { distribution: 'debian' } },
    { kind: 'build-osi', architecture: 'i386' },
  ] as unknown as WorkerOrder[];
  expect(others.map(personalityFor)).toEqual([{}, {}, {}, {}]);
});
