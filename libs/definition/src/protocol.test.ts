import { Failure } from '@fatbuildr/domain';
import { expect, it } from 'vitest';
import { readInspectResult, readSourceResult } from './protocol.ts';

const sha256 = 'a'.repeat(64);
const source = {
  format: 'deb',
  dsc: 'x_1-1.dsc',
  files: [
    { name: 'x_1-1.dsc', size: 1, sha256 },
    { name: 'x_1.orig.tar.gz', size: 2, sha256 },
  ],
};

/** The outcome of reading a text. */
function outcomeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error.outcome;
  }
  return 'none';
}

it('gives back what prepare found', () => {
  expect(readSourceResult(JSON.stringify({ ok: true, package: source }), 'deb')).toEqual(source);
});

it('throws the failure that prepare reports', () => {
  const failure = { outcome: 'rejected', message: 'No', where: 'artifact.yml:2' };
  expect(() => readInspectResult(JSON.stringify({ ok: false, failure }))).toThrow(
    expect.objectContaining({ outcome: 'rejected', message: 'No', where: 'artifact.yml:2', hint: undefined }),
  );
});

it.each([
  ['no JSON', '{'],
  ['too long', ' '.repeat(5 * 1024 * 1024)],
  ['of the other format', JSON.stringify({ ok: true, package: { format: 'rpm', spec: 'x.spec' } })],
  ['of the other command', JSON.stringify({ ok: true, plan: {} })],
  ['with a name that leaves the directory', JSON.stringify({ ok: true, package: { ...source, dsc: '../x.dsc' } })],
  ['with a failure that is a success', JSON.stringify({ ok: false, failure: { outcome: 'success', message: '' } })],
])('trusts no result that is %s', (_, text) => {
  expect(outcomeOf(() => readSourceResult(text, 'deb'))).toBe('infrastructure-failure');
});
