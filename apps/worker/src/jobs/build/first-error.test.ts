import { expect, test } from 'vitest';
import { createErrorFinder } from './first-error.ts';

function find(...lines: string[]): string | undefined {
  const finder = createErrorFinder();
  for (const line of lines) finder.line(line);
  return finder.found();
}

test('the compiler’s first error counts, not what fails because of it', () => {
  expect(
    find(
      'gcc -Werror=format-security -c hello.c',
      'hello.c:3:10: fatal error: nowhere.h: No such file or directory',
      'other.c:1:1: error: expected identifier',
      'make[1]: *** [Makefile:3: hello.o] Error 1',
      'dpkg-buildpackage: error: debian/rules build subprocess returned exit status 2',
    ),
  ).toBe('hello.c:3:10: fatal error: nowhere.h: No such file or directory');
});

test('of harmless-looking lines the one right before the failure counts', () => {
  expect(
    find(
      'sh: 1: git-version-gen: not found',
      'missing: line 81: makeinfo: command not found',
      'make[4]: *** [Makefile:1712: doc/hello.info] Error 127',
      'cat: later: No such file or directory',
    ),
  ).toBe('missing: line 81: makeinfo: command not found');
});

test('what a shell is about to call is no error, nor that rpmbuild passes one on', () => {
  expect(
    find(
      '+ echo error: not this',
      '2 out of 2 hunks FAILED -- saving rejects to file x.rej',
      'error: Bad exit status from /var/tmp/rpm-tmp.abc (%prep)',
      'RPM build errors:',
    ),
  ).toBe('2 out of 2 hunks FAILED -- saving rejects to file x.rej');
});

test('for want of anything better the first tool that gave up is named', () => {
  expect(
    find(
      'There seems to be no Makefile in this directory.',
      'make[1]: *** [GNUmakefile:108: abort-due-to-no-makefile] Error 1',
      'dh_auto_clean: error: make -j2 distclean returned exit code 2',
    ),
  ).toBe('make[1]: *** [GNUmakefile:108: abort-due-to-no-makefile] Error 1');
  expect(find('all is well')).toBeUndefined();
});
