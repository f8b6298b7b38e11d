import { expect, test } from 'vitest';
import { rpmbuildFailure, sourceRpmFailure } from './rpmbuild-failure.ts';

test.each([
  [
    'error: line 5: Unknown tag: License MIT\n',
    'rpm/x.spec:5 is no spec file: Unknown tag: License MIT',
    'rpm/x.spec:5',
  ],
  [
    'error: Package has no %description: x\n',
    'rpm/x.spec is no spec file: Package has no %description: x',
    'rpm/x.spec',
  ],
  [
    'error: Bad file: /builddir/build/SOURCES/nowhere.tar.gz: No such file or directory\n',
    'rpm/x.spec names a source that is not there: nowhere.tar.gz',
    'rpm/x.spec',
  ],
  ['', 'rpm/x.spec is no spec file: rpmbuild says nothing of it', 'rpm/x.spec'],
])('%j of rpmbuild -bs is the spec file’s mistake', (log, message, where) => {
  expect(sourceRpmFailure(log, 'rpm/x.spec')).toMatchObject({ outcome: 'rejected', message, where });
});

test('the exit status tells missing dependencies from a build that fails', () => {
  expect(rpmbuildFailure(0, 'error: of no matter')).toBeUndefined();
  expect(rpmbuildFailure(11, undefined)?.outcome).toBe('dependency-failure');
  expect(rpmbuildFailure(1, 'x.c:1: error: no')).toMatchObject({
    outcome: 'build-failure',
    message: 'The package failed to build: x.c:1: error: no',
  });
});
