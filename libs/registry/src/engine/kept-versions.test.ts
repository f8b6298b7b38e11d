import { expect, test } from 'vitest';
import type { SourcedFacts } from '../format.ts';
import { FORMATS } from '../formats.ts';
import { keptVersions } from './kept-versions.ts';

/** @param packages as `version architecture` */
function packagesOf(packages: readonly string[]): SourcedFacts[] {
  return packages.map((one) => {
    const [version = '', architecture = ''] = one.split(' ');
    return { version, architecture, source: { name: 'foo', version } };
  });
}

test.each<[string, number, string[], string[]]>([
  ['the newest of all', 2, ['1 amd64', '10 amd64', '9 amd64'], ['10', '9']],
  ['the newest of an architecture that nothing newer is for', 1, ['1 amd64', '1 arm64', '2 amd64'], ['2', '1']],
  ['nothing once that is there', 1, ['1 amd64', '1 arm64', '2 amd64', '2 arm64'], ['2']],
  ['no more than the newest of an architecture', 1, ['1 arm64', '2 arm64', '3 amd64'], ['3', '2']],
  ['what has no successor but a source', 1, ['1 source', '1 amd64', '2 source'], ['2', '1']],
  ['what has half a successor, with independent packages', 1, ['1 arm64', '1 all', '2 amd64', '2 all'], ['2', '1']],
  ['nothing once it has become independent', 1, ['1 amd64', '1 arm64', '2 all', '2 source'], ['2']],
  ['sources alone as versions', 1, ['1 source', '2 source'], ['2']],
  ['independent packages alone as versions', 1, ['1 all', '2 all'], ['2']],
])('what stays: %s', (_, keep, packages, kept) => {
  expect(keptVersions(FORMATS.deb, keep, packagesOf(packages))).toEqual(kept);
});

test('an epoch that the source does not tell is that of the packages with its version', () => {
  const facts = (version: string, source: string) => ({
    ...{ version, architecture: 'x86_64', source: { name: 'foo', version: source } },
  });
  const packages = [facts('2022-1', '2022-1'), facts('9:1-1', '2022-1'), facts('1:1.0-1', '1.0-1')];
  expect(keptVersions(FORMATS.rpm, 1, packages)).toEqual(['1.0-1']);
});
