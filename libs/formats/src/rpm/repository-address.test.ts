import { expect, test } from 'vitest';
import { fillIn, mirrorsOf } from './repository-address.ts';

const variables = { architecture: 'amd64', releasever: '9' };

test('variables of an address are filled in', () => {
  expect(fillIn('https://m.example/$releasever/${basearch}/os', variables)).toBe('https://m.example/9/x86_64/os');
  expect(fillIn('https://m.example/$basearch', { architecture: 'i386', releasever: null })).toBe(
    'https://m.example/i386',
  );
  expect(fillIn('$basearch $arch', { architecture: 'armhf', releasever: null })).toBe('armhfp armv7hl');
  expect(() => fillIn('https://m.example/$releasever', { ...variables, releasever: null })).toThrow(
    expect.objectContaining({ outcome: 'infrastructure-failure', hint: expect.stringContaining('releasever') }),
  );
});

test('a mirror list has an address in each line', () => {
  const list = '# mirrors\nhttps://a.example/9/\nrsync://b.example/9\n\nhttp://c.example/9\n';
  expect(mirrorsOf({ id: 'base', mirrorlist: 'https://x' }, list)).toEqual([
    'https://a.example/9',
    'http://c.example/9',
  ]);
});

test('of a metalink the most preferred comes first', () => {
  const url = (preference: number, host: string) =>
    `<url protocol="https" type="https" location="DE" preference="${preference}">https://${host}/9/repodata/repomd.xml</url>`;
  const text = `<metalink><files><file name="repomd.xml"><resources>${url(90, 'a')}${url(100, 'b')}</resources></file></files></metalink>`;
  expect(mirrorsOf({ id: 'base', metalink: 'https://x' }, text)).toEqual(['https://b/9', 'https://a/9']);
});

test('one without mirrors is the host’s trouble', () => {
  expect(() => mirrorsOf({ id: 'base', metalink: 'https://x' }, '<html>')).toThrow(
    expect.objectContaining({ outcome: 'infrastructure-failure' }),
  );
});
