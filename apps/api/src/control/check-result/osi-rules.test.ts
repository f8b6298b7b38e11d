import { expect, test } from 'vitest';
import { osiRules } from './osi-rules.ts';

const source = { name: 'appliance', version: '1.0+build2' };
const first = { architecture: 'amd64', primary: true, source, part: undefined, withSource: true };
const other = { ...first, architecture: 'arm64', primary: false, withSource: false };

test.each([
  ['appliance_1.0+build2.tar.zst', first],
  ['appliance_1.0+build2.root-x86-64.raw', first],
  ['appliance_1.0+build2.SHA256SUMS', first],
  ['appliance_1.0+build2_arm64.tar', other],
])('%s is a file of the image', (name, ordered) => {
  expect(osiRules.fileFault(name, ordered)).toBeUndefined();
});

test.each([
  ['appliance_1.0.tar', first],
  ['other_1.0+build2.tar', first],
  ['appliance_1.0+build2', first],
  ['appliance_1.0+build2.tar', other],
  ['SHA256SUMS', first],
])('%s is none', (name, ordered) => {
  expect(osiRules.fileFault(name, ordered)).toContain('is no file of the image');
});

test('checksums alone are no image', () => {
  expect(osiRules.setFaults(['appliance_1.0.SHA256SUMS', 'appliance_1.0.manifest'], first)).toEqual([
    'there is no image',
  ]);
  expect(osiRules.setFaults(['appliance_1.0.SHA256SUMS', 'appliance_1.0.raw'], first)).toEqual([]);
});
