import { expect, test } from 'vitest';
import { dnfFailure, unmetRequirements } from './dnf-failure.ts';

const missing = `Last metadata expiration check: 0:00:01 ago.
No matching package to install: 'greeting-data >= 7'
No matching package to install: 'nonexistent-devel'
Not all dependencies satisfied
Error: Some packages could not be found.
`;

test('what dnf builddep does not find is named', () => {
  expect(unmetRequirements(missing)).toEqual([
    { dependency: 'greeting-data >= 7', reason: 'no such package' },
    { dependency: 'nonexistent-devel', reason: 'no such package' },
  ]);
  expect(dnfFailure(missing)).toMatchObject({
    outcome: 'dependency-failure',
    message:
      'Build dependencies are not met: greeting-data >= 7 (no such package), nonexistent-devel (no such package)',
  });
});

test('so is what dnf 5 does not find', () => {
  const log =
    'Failed to resolve the transaction:\nNo match for argument: nonexistent-devel >= 3\nYou can try to add to command line:\n';
  expect(unmetRequirements(log)).toEqual([{ dependency: 'nonexistent-devel >= 3', reason: 'no such package' }]);
});

test.each([
  'Unknown argument "builddep" for command "dnf5". Add "--help" for more information about the arguments.',
  'No such command: builddep. Please use /usr/bin/dnf --help',
])('a dnf without builddep is the tool image’s fault: %s', (line) => {
  expect(dnfFailure(`${line}\n`)).toMatchObject({
    outcome: 'infrastructure-failure',
    hint: expect.stringContaining('dnf5-plugins'),
  });
});

test('what a dependency of a dependency lacks is told with who needs it', () => {
  const log = `Error: 
 Problem: conflicting requests
  - nothing provides libnowhere.so.1()(64bit) needed by lib-a-1-1.x86_64 from farm-main
`;
  expect(unmetRequirements(log)).toEqual([
    { dependency: 'libnowhere.so.1()(64bit)', reason: 'needed by lib-a-1-1.x86_64' },
  ]);
});

test.each([
  "Error: Failed to download metadata for repo 'base': Cannot download repomd.xml: All mirrors were tried",
  'Error: GPG check FAILED',
  'Failed to retrieve GPG key for repo "base" from https://mirror.example/key: Curl error (28): Timeout was reached',
  ' >>> Curl error (6): Could not resolve hostname for https://mirror.example/9/repodata/repomd.xml',
  'Librepo error: Cannot download Packages/g/gcc-14.x86_64.rpm: All mirrors were tried',
  'Transaction failed: Signature verification failed.',
  'Public key for gcc-14.x86_64.rpm is not installed',
  'Error: Transaction failed',
  'Transaction failed: Rpm transaction failed.',
  'error: unpacking of archive failed on file /usr/lib/x;6561: cpio: write failed - No space left on device',
  '   - installing package gcc-14.x86_64 needs 87MB more space on the / filesystem',
  '  At least 87MB more space needed on the / filesystem.',
])('a repository that does not answer is no fault of the package: %s', (line) => {
  expect(dnfFailure(`base 0.0 B/s\n${line}\n`)).toMatchObject({ outcome: 'infrastructure-failure' });
});

test.each([
  ['  file /usr/bin/x from install of a-1-1.noarch conflicts with file from package b-1-1.noarch'],
  ['  - file /usr/bin/x conflicts between attempted installs of a-1-1.noarch and b-1-1.noarch'],
])('two packages that have the same file are at fault, though the transaction failed: %s', (line) => {
  expect(dnfFailure(`${line}\nError: Transaction failed\n`)).toMatchObject({
    outcome: 'dependency-failure',
    message: expect.stringContaining('file /usr/bin/x'),
  });
});

test('so is one whose script fails', () => {
  const log = 'error: %prein(a-1-1.noarch) scriptlet failed, exit status 1\nError: Transaction failed\n';
  expect(dnfFailure(log)).toMatchObject({ outcome: 'dependency-failure' });
});
