import { knownArchitectures } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { mkosiArchitecture } from './architectures.ts';

/** All that mkosi 25.3 takes: `mkosi.config.Architecture`. */
const MKOSI = [
  ...[
    'alpha',
    'arc',
    'arm',
    'arm64',
    'ia64',
    'loongarch64',
    'mips-le',
    'mips64-le',
    'parisc',
    'ppc',
    'ppc64',
    'ppc64-le',
  ],
  ...['riscv32', 'riscv64', 's390', 's390x', 'tilegx', 'x86', 'x86-64'],
];

test('every architecture of a farm has a name that mkosi takes', () => {
  expect(knownArchitectures.filter((one) => !MKOSI.includes(mkosiArchitecture(one)))).toEqual([]);
  expect(['amd64', 'i386', 'arm64', 'armhf', 'ppc64el'].map(mkosiArchitecture)).toEqual([
    ...['x86-64', 'x86', 'arm64', 'arm', 'ppc64-le'],
  ]);
});
