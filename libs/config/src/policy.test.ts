import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { check } from './mistakes.ts';
import { policyFile } from './policy-schema.ts';
import { parseYaml, placeIn } from './yaml-file.ts';

/** The mistakes in a policy for the instances prod and test. */
function mistakes(text: string): string[] {
  const yaml = parseYaml('policy.yml', text);
  const found = check(policyFile(['prod', 'test']), yaml.data ?? {}, (path) => placeIn(yaml, path)).mistakes;
  return found.map(({ where, key, text: said }) => `${where}: ${key}: ${said}`);
}

test('roles are lists for all instances or mappings from instances', () => {
  const yaml = parseYaml('policy.yml', 'roles: {viewer: [view], packager: {"*": [view], prod: [view, build]}}');
  expect(check(policyFile(['prod']), yaml.data, () => '').value).toEqual({
    roles: {
      viewer: [{ instance: '*', actions: ['view'] }],
      packager: [
        { instance: '*', actions: ['view'] },
        { instance: 'prod', actions: ['view', 'build'] },
      ],
    },
    groups: {},
    members: {},
    anonymous: [],
    repositories: 'public',
  });
  expect(mistakes('')).toEqual([]);
});

test('every mistake is told at once, with its line', () => {
  const text = `roles:
  packager: {prd: [view], test: [veiw, build]}
  broken: 7
groups: {team: [ann]}
members:
  packager: [ci, '@team', '@tema']
  owner: [ann]
anonymous: [view, admin]
repositories: private
rolls: {}
`;
  const actions = 'view, build, cancel, registry-edit, keyring, images';
  expect(mistakes(text).toSorted()).toEqual([
    'policy.yml:10: rolls: unknown key, did you mean roles?',
    'policy.yml:2: roles.packager.prd: found ["view"], expected one of the instances *, prod, test as key',
    `policy.yml:2: roles.packager.test[0]: found "veiw", expected one of ${actions}, admin`,
    'policy.yml:3: roles.broken: found 7, expected a list of actions, or a mapping of such lists from instances',
    'policy.yml:6: members.packager[2]: found "@tema", expected one of the groups @team',
    'policy.yml:7: members.owner: found ["ann"], expected one of the roles packager, broken as key',
    `policy.yml:8: anonymous[1]: found "admin", expected one of ${actions}`,
    'policy.yml:9: repositories: found "private", expected one of public, view',
  ]);
});

test('the example of the manual is right', () => {
  const manual = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8');
  expect(mistakes(/```yaml\n(.*?)```/s.exec(manual)?.[1] ?? 'missing')).toEqual([]);
});
