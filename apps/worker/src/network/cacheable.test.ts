import { expect, test } from 'vitest';
import { agreesWithUrl, isImmutable } from './cacheable.ts';

const sha256 = 'a'.repeat(64);
const rule = { url: 'http://mirror.example/' };
const mutable = { ...rule, mutable: true };

test.each([
  ['pool/hello_1_amd64.deb', true, false],
  ['Packages/hello-1-1.x86_64.rpm', true, false],
  [`dists/x/by-hash/SHA256/${sha256}`, true, true],
  [`9/repodata/${sha256}-primary.xml.gz`, true, true],
  ['9/repodata/repomd.xml', false, false],
  ['dists/x/InRelease', false, false],
])('%s never changes: %s, in a repository whose packages may: %s', (path, plain, inMutable) => {
  const url = new URL(path, rule.url);
  expect([isImmutable(url, rule), isImmutable(url, mutable)]).toEqual([plain, inMutable]);
});

test('a list of another hash than its name says is not kept', () => {
  const url = new URL(`9/repodata/${sha256}-primary.xml.gz`, rule.url);
  expect(agreesWithUrl(url, sha256)).toBe(true);
  expect(agreesWithUrl(url, 'b'.repeat(64))).toBe(false);
});
