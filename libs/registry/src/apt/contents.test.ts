import { expect, test } from 'vitest';
import { renderContents } from './contents.ts';

test('a section that is none puts neither lines nor owners into what all packages share', () => {
  const file = 'usr/bin/hello'.padEnd(55);
  expect(renderContents('hello', 'non-free/misc', ['usr/bin/hello'])).toBe(`${file} non-free/misc/hello\n`);
  for (const section of ['', 'misc\nusr/bin/sudo x/evil', 'a,b', 'a b']) {
    expect(renderContents('hello', section, ['usr/bin/hello'])).toBe(`${file} hello\n`);
  }
});
