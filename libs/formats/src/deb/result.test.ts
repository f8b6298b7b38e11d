import { describe, expect, it } from 'vitest';
import type { Changes } from './changes.ts';
import { checkDebResult } from './result.ts';

const sha256 = 'a'.repeat(64);
const deb = { name: 'hello_2.10-1_amd64.deb', size: 10, sha256 };
const docs = { name: 'hello-doc_2.10-1_all.deb', size: 11, sha256 };
const buildinfo = { name: 'hello_2.10-1_amd64.buildinfo', size: 12, sha256 };
const order = { source: 'hello', version: '1:2.10-1', architecture: 'amd64', withAll: true };
const changes: Changes = {
  source: 'hello',
  version: '1:2.10-1',
  architectures: ['amd64', 'all'],
  distribution: 'bookworm',
  files: [deb, docs, buildinfo],
};

describe('checkDebResult', () => {
  it('accepts what was ordered', () => {
    expect(() => checkDebResult(order, changes, changes.files)).not.toThrow();
  });

  it.each<[string, Partial<Changes>, Partial<typeof order>, string]>([
    ['another source', { source: 'other' }, {}, 'source other'],
    ['another version', { version: '2.11-1' }, {}, 'version 2.11-1'],
    ['another architecture', { architectures: ['i386'] }, {}, 'architecture i386'],
    ['packages for all that another job has', {}, { withAll: false }, 'hello-doc_2.10-1_all.deb was not ordered'],
    ['a file of another kind', { files: [deb, { ...docs, name: 'x.sh' }] }, {}, 'x.sh was not ordered'],
    ['no package', { files: [buildinfo] }, {}, 'no package was built'],
  ])('refuses %s', (_, change, otherOrder, message) => {
    const given = { ...changes, ...change };
    expect(() => checkDebResult({ ...order, ...otherOrder }, given, given.files)).toThrow(message);
  });

  it.each([
    ['a file missing', [deb, docs], 'buildinfo is listed but was not built'],
    ['a file too many', [...changes.files, { ...deb, name: 'extra.deb' }], 'extra.deb is not listed'],
    ['other bytes', [{ ...deb, sha256: 'b'.repeat(64) }, docs, buildinfo], 'has other content'],
  ])('refuses %s', (_, files, message) => {
    expect(() => checkDebResult(order, changes, files)).toThrow(message);
  });
});
