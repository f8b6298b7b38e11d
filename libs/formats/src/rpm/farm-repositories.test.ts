import { expect, test } from 'vitest';
import { farmRepositories } from './farm-repositories.ts';

const farm = { suite: 'el9', components: ['extra', 'main'] };

test.each([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['i386', 'i386'],
  ['armhf', 'armhfp'],
])(
  'the repositories for %s are called as dnf calls them: %s; the first derivative goes first',
  (architecture, name) => {
    const repositories = farmRepositories(farm, { url: 'http://farm/rpm', gpgkey: 'file:///key', architecture });
    expect(repositories.map(({ id, baseurls, priority }) => [id, baseurls, priority])).toEqual([
      ['farm-extra', [`http://farm/rpm/el9/extra/${name}`], 1],
      ['farm-main', [`http://farm/rpm/el9/main/${name}`], 2],
    ]);
  },
);
