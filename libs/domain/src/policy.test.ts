import { expect, test } from 'vitest';
import { allows, grantsOf, type Policy } from './policy.ts';

const policy: Policy = {
  roles: {
    viewer: [{ instance: '*', actions: ['view'] }],
    packager: [
      { instance: '*', actions: ['view'] },
      { instance: 'prod', actions: ['view', 'build', 'cancel'] },
    ],
  },
  members: { ann: ['packager'] },
  anonymous: [],
  repositories: 'public',
};
const token = { name: 'ci', instance: '*', actions: [], role: null };

test('an action counts in its instance, and anywhere when no instance is named', () => {
  const grants = grantsOf(policy, { ...token, role: 'packager' });
  expect(allows(grants, 'build', 'prod')).toBe(true);
  expect(allows(grants, 'build', 'test')).toBe(false);
  expect(allows(grants, 'build')).toBe(true);
  expect(allows(grants, 'view', 'test')).toBe(true);
  expect(allows(grants, 'admin')).toBe(false);
});

test('a token that is bound to an instance has its role there alone', () => {
  const grants = grantsOf(policy, { ...token, instance: 'test', role: 'packager' });
  expect(allows(grants, 'view', 'test')).toBe(true);
  expect(allows(grants, 'build')).toBe(false);
  expect(allows(grants, 'view', 'prod')).toBe(false);
});

test('a member has its role besides what its token says, a role that is gone allows nothing', () => {
  const grants = grantsOf(policy, { ...token, name: 'ann', actions: ['images'] });
  expect([allows(grants, 'images', 'test'), allows(grants, 'build', 'prod')]).toEqual([true, true]);
  expect(grantsOf(policy, { ...token, role: 'gone' })).toEqual([]);
});
