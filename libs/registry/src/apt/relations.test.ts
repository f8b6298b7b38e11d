import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { aptRelations } from './relations.ts';

test('alternatives, versions and architectures are understood, wherever blanks are', () => {
  const Depends = ' a (>= 1) |\n b:any( << 2:1-1 ) , c,, d [amd64]';
  expect(aptRelations.needs({ Depends })).toEqual([
    {
      text: 'a (>= 1) |\n b:any( << 2:1-1 )',
      need: {
        join: 'or',
        of: [
          { name: 'a', sign: '>=', version: '1' },
          { name: 'b', sign: '<<', version: '2:1-1' },
        ],
      },
    },
    { text: 'c', need: { name: 'c', sign: '', version: '' } },
    { text: 'd [amd64]', need: null },
  ]);
});

test.each([
  ['blanks before a version that does not come', (blanks: string) => `a${blanks}x`],
  ['blanks within a version', (blanks: string) => `a (${blanks}=${blanks}1${blanks}x`],
])('%s cost what their length is', (_, relation) => {
  const begin = performance.now();
  expect(aptRelations.needs({ Depends: relation(' '.repeat(100_000)) })).toMatchObject([{ need: null }]);
  expect(performance.now() - begin).toBeLessThan(500);
});
