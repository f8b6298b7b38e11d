import { expect, test } from 'vitest';
import { makesPackagesFor } from './architectures.ts';

test.each([
  ['any', 'arm64', true],
  ['any all', 'i386', true],
  ['all', 'amd64', false],
  ['amd64 arm64', 'arm64', true],
  ['amd64 arm64', 'i386', false],
  ['linux-any', 'riscv64', true],
  ['kfreebsd-any hurd-i386', 'i386', false],
  ['any-i386', 'i386', true],
  ['any-arm', 'armhf', true],
  ['gnueabihf-linux-arm', 'arm64', false],
  ['gnu-linux-any', 'amd64', true],
  ['musl-any-any', 'amd64', false],
])('Architecture: %s makes packages for %s: %s', (field, architecture, expected) => {
  expect(makesPackagesFor(field.split(' '), architecture)).toBe(expected);
});
