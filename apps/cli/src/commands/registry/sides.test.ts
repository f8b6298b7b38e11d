import { expect, test } from 'vitest';
import { parseArtifact, parseSide } from './sides.ts';

test.each([
  ['bookworm', undefined, { distribution: 'bookworm' }],
  ['bookworm/next', undefined, { distribution: 'bookworm', derivative: 'next' }],
  ['bookworm/next@12', undefined, { distribution: 'bookworm', derivative: 'next', revision: 12 }],
  ['12', 'bookworm', { distribution: 'bookworm', revision: 12 }],
  ['12', undefined, { distribution: '12' }],
  ['trixie@3', 'bookworm', { distribution: 'trixie', revision: 3 }],
])('%s with -d %s', (text, distribution, side) => {
  expect(parseSide(text, distribution)).toEqual({ derivative: undefined, revision: undefined, ...side });
});

test.each(['', 'a/b/c', 'bookworm@0', 'bookworm@x', '@1', '/next'])('"%s" is none', (text) => {
  expect(() => parseSide(text)).toThrow('is not a distribution, derivative or revision');
});

test('an artifact may name its version', () => {
  expect(parseArtifact('hello')).toEqual({ artifact: 'hello' });
  expect(parseArtifact('hello=1:2.10-1')).toEqual({ artifact: 'hello', version: '1:2.10-1' });
});
