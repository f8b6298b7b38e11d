import { expect, test } from 'vitest';
import { debRules } from './deb-rules.ts';

const source = { name: 'hello', version: '1:2.10-3' };
const first = { architecture: 'amd64', primary: true, source, part: undefined, withSource: true };
const other = { ...first, architecture: 'arm64', primary: false, withSource: false };

test.each([
  ['hello_2.10-3_amd64.deb', first],
  ['hello-doc_2.10-3_all.deb', first],
  ['hello-dbgsym_2.10-3_amd64.ddeb', first],
  ['hello-udeb_2.10-3_amd64.udeb', first],
  ['hello_2.10-3_amd64.buildinfo', first],
  ['hello_2.10.orig.tar.gz', first],
  ['hello_2.10-3_arm64.deb', other],
])('%s is a file of the build', (name, ordered) => {
  expect(debRules.fileFault(name, ordered)).toBeUndefined();
});

test.each([
  ['hello_2.10-3_arm64.deb', first, 'is for arm64, ordered was amd64 or all'],
  ['h_2.10-3_arm64.deb', first, 'is for arm64'],
  ['hello_2.10-3.deb', first, 'is for no architecture'],
  ['hello-doc_2.10-3_all.deb', other, 'is for all, ordered was arm64'],
  ['hello_2.10.orig.tar.gz', other, 'is not what this job was to make'],
  ['notes.txt', first, 'is no file of a Debian build'],
])('%s is none', (name, ordered, fault) => {
  expect(debRules.fileFault(name, ordered)).toContain(fault);
});
