import { expect, test } from 'vitest';
import { remadeSourceFailure, rpmbuildFailure, sourceRpmFailure } from './rpmbuild-failure.ts';

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
  expect(sourceRpmFailure(1, log, 'rpm/x.spec')).toMatchObject({ outcome: 'rejected', message, where });
});

test('the exit status tells missing dependencies from a build that fails', () => {
  expect(rpmbuildFailure(0, 'error: of no matter')).toBeUndefined();
  expect(rpmbuildFailure(11, undefined)?.outcome).toBe('dependency-failure');
  expect(rpmbuildFailure(1, 'x.c:1: error: no')).toMatchObject({
    outcome: 'build-failure',
    message: 'The package failed to build: x.c:1: error: no',
  });
});

test.each([126, 127])('status %i is no word of rpmbuild, but that there is none', (status) => {
  const told = ['rpm/x.spec', 'x-1-1.src.rpm'];
  const failures = [
    sourceRpmFailure(status, 'sh: 1: rpmbuild: not found\n', told[0] ?? ''),
    remadeSourceFailure(status, '', told[1] ?? ''),
    rpmbuildFailure(status, undefined),
  ];
  for (const failure of failures) {
    expect(failure).toMatchObject({
      outcome: 'infrastructure-failure',
      hint: expect.stringContaining('commands.rpmbuild'),
    });
  }
});

test.each([
  [
    'error: Failed dependencies:\n\trpmlib(PayloadIsZstd) <= 5.4.18-1 is needed by x-1-1.src\n',
    'Failed dependencies: rpmlib(PayloadIsZstd) <= 5.4.18-1 is needed by x-1-1.src',
  ],
  ['error: line 5: Unknown tag: Foo\n', 'line 5 of its spec file: Unknown tag: Foo'],
  ['', 'rpm says nothing of it'],
])('what is wrong with a source package of somebody else’s is told in its own words: %j', (log, why) => {
  const failure = remadeSourceFailure(1, log, 'x-1-1.src.rpm');
  expect(failure).toMatchObject({
    outcome: 'rejected',
    message: `The source package x-1-1.src.rpm cannot be made anew for the distribution: ${why}`,
    where: 'x-1-1.src.rpm',
  });
  expect(failure.hint).not.toContain('rpm/');
});
