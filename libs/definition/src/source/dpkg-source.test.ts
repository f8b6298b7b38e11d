import { expect, it } from 'vitest';
import { patchFailure } from './dpkg-source.ts';

const command =
  'dpkg-source: error: LC_ALL=C patch -t -F 0 -N -p1 -u -V never -E -b -B .pc/bad.patch/ --reject-file=- < sample-1.0/debian/patches/bad.patch subprocess returned exit status 1';

it('names patch, files and hunks', () => {
  const output = `dpkg-source: info: applying good.patch
patching file a.c
Hunk #9 FAILED at 1.
dpkg-source: info: applying bad.patch
patching file src/b.c
Hunk #1 succeeded at 10 (offset 2 lines).
Hunk #2 FAILED at 30.
patching file c.c
Hunk #1 FAILED at 4.
${command}`;
  expect(patchFailure(output)).toMatchObject({
    outcome: 'rejected',
    message: 'The patch bad.patch does not apply: Hunk #2 at line 30 of src/b.c, Hunk #1 at line 4 of c.c',
  });
});

it('tells what is malformed', () => {
  const output = `dpkg-source: info: applying bad.patch\npatch: **** malformed patch at line 7: x\n${command}`;
  expect(patchFailure(output)?.message).toBe('The patch bad.patch does not apply: malformed patch at line 7');
});

it('says nothing of other errors', () => {
  expect(patchFailure('dpkg-source: error: unwanted binary file: debian/logo.png')).toBeUndefined();
});
