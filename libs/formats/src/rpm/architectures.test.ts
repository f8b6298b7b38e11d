import { expect, test } from 'vitest';
import { makesRpmsFor, readRpmArchitectures } from './architectures.ts';

test.each([
  ['', 'arm64', true],
  ['exclusive x86_64\n', 'amd64', true],
  ['exclusive x86_64\n', 'i386', false],
  ['exclusive i386\nexclusive i486\nexclusive i686\nexclusive x86_64\n', 'i386', true],
  ['exclusive aarch64\nexclusive x86_64\n', 'armhf', false],
  ['excluded aarch64\n', 'arm64', false],
  ['excluded aarch64\n', 'amd64', true],
  ['exclusive x86_64\nbuild noarch\n', 'arm64', true],
])('of %j there are packages for %s: %s', (text, architecture, expected) => {
  expect(makesRpmsFor(readRpmArchitectures(text), architecture)).toBe(expected);
});
