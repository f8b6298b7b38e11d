import { expect, test } from 'vitest';
import { readBuildArguments } from './build-arguments.ts';

test.each([
  [undefined, []],
  ['  ', []],
  ['--with mysql', ['--with', 'mysql']],
  ['--without=tests --with  mysql ', ['--without', 'tests', '--with', 'mysql']],
  [`--define 'channel next' -D "a b"`, ['--define', 'channel next', '-D', 'a b']],
  [`--define='channel next'`, ['--define', 'channel next']],
])('%j becomes %j', (text, words) => {
  expect(readBuildArguments(text)).toEqual({ words });
});

test.each([
  ['--with', 'expected a value after --with'],
  ['--root /', 'found "--root"'],
  ['mysql', 'found "mysql"'],
  [`--define 'open`, 'a quote is not closed'],
])('%j is a mistake: %s', (text, mistake) => {
  expect(readBuildArguments(text)).toEqual({ mistake: expect.stringContaining(mistake) });
});
