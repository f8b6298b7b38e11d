import { expect, test } from 'vitest';
import { parseRpmFileName } from './file-name.ts';

test('the name of a package file tells name, version, release and architecture', () => {
  expect(parseRpmFileName('hello-2.10-1.el9+build2.x86_64.rpm')).toEqual({
    name: 'hello',
    version: '2.10',
    release: '1.el9+build2',
    architecture: 'x86_64',
  });
  expect(parseRpmFileName('gcc-c++-13.2.1~rc1-4.fc40.src.rpm')).toMatchObject({ name: 'gcc-c++', architecture: 'src' });
});

test.each(['hello.rpm', 'hello-2.10.x86_64.rpm', '-1-1.noarch.rpm', 'a/b-1-1.noarch.rpm', 'hello-1-1.noarch.deb'])(
  '%s is not such a name',
  (name) => {
    expect(parseRpmFileName(name)).toBeUndefined();
  },
);
