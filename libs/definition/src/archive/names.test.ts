import { describe, expect, it } from 'vitest';
import { linkEscapes, normaliseName, parentsOf, toByteName, toText } from './names.ts';

describe('normaliseName', () => {
  it.each([
    ['./a//b/./c', 'a/b/c'],
    ['a/', 'a'],
    ['./', ''],
    ['..a/b..', '..a/b..'],
  ])('%s is %o', (name, normal) => {
    expect(normaliseName(name)).toBe(normal);
  });

  it.each(['/a', '../a', 'a/../b', 'a/..', 'a\0b'])('refuses %o', (name) => {
    expect(normaliseName(name)).toBeUndefined();
  });
});

describe('linkEscapes', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['a', { a: 'b/c' }, false],
    ['a', { a: '../b' }, true],
    ['a', { a: '/etc' }, true],
    ['d/a', { 'd/a': '../b' }, false],
    ['d/a', { 'd/a': '../../b' }, true],
    ['b', { 'a/b/up': '../..', b: 'a/b/up/../x' }, true],
    ['b', { 'a/b/up': '../..', b: 'a/b/up/x' }, false],
    ['a', { a: 'b', b: 'a' }, false],
    ['a', { a: 'gone/../still/inside' }, false],
  ])('%s in %j: %o', (name, links, escapes) => {
    expect(linkEscapes(name, new Map(Object.entries(links)))).toBe(escapes);
  });
});

it('names keep their bytes', () => {
  expect(toText(toByteName('naïve'))).toBe('naïve');
  expect(parentsOf('a/b/c')).toEqual(['a', 'a/b']);
});
