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
])('a repository that does not answer is no fault of the package: %s', (line) => {
  expect(dnfFailure(`base 0.0 B/s\n${line}\n`)).toMatchObject({ outcome: 'infrastructure-failure' });
});
