import { expect, test } from 'vitest';
import { checkFileNames } from './dsc.ts';

/** A source package of these files, version 1:2.10-3. */
const source = (dsc: string, ...parts: string[]) => ({
  ...{ kind: 'dsc' as const, name: 'hello', version: '1:2.10-3', architectures: ['any'], dsc, warnings: [] },
  files: [dsc, ...parts].map((name) => ({ name, size: 1, sha256: 'a'.repeat(64) })),
});
const good = 'hello_2.10-3.dsc';

test.each([
  [['hello_2.10.orig.tar.gz', 'hello_2.10.orig.tar.gz.asc', 'hello_2.10-3.debian.tar.xz']],
  [['hello_2.10.orig.tar.xz', 'hello_2.10.orig-data.tar.bz2', 'hello_2.10-3.debian.tar.zst']],
  [['hello_2.10.orig.tar.gz', 'hello_2.10-3.diff.gz']],
])('files are called as in a repository: %j', (parts) => {
  expect(() => checkFileNames(source(good, ...parts))).not.toThrow();
});

test.each(['my.dsc', 'hello_2.10-3~fix.dsc', 'hello_1:2.10-3.dsc', 'other_2.10-3.dsc'])(
  '%s was renamed, and is told its name',
  (dsc) => {
    expect(() => checkFileNames(source(dsc))).toThrow(
      expect.objectContaining({ outcome: 'rejected', hint: `Give it that name again: mv ${dsc} ${good}`, where: dsc }),
    );
  },
);

test.each(['notes.txt', 'other_2.10.orig.tar.gz', 'hello_2.10-3_amd64.deb', 'hello_2.10-4.dsc'])(
  '%s is no part of it',
  (part) => {
    expect(() => checkFileNames(source(good, part))).toThrow(
      expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(`${part}, which it lists`) }),
    );
  },
);
