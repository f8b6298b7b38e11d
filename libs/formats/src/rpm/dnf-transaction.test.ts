import { expect, test } from 'vitest';
import { dnfTransaction } from './dnf-transaction.ts';

const line = '='.repeat(80);
const table = (version: string) => `Last metadata expiration check: 0:00:${version.length} ago.
Dependencies resolved.
${line}
 Package          Architecture     Version           Repository           Size
${line}
Installing:
 library          x86_64           ${version}             farm                7.2 k

Transaction Summary
${line}
Install  1 Package

Total download size: 7.2 k
Operation aborted.
`;

test('the packages that would be installed, whatever is said around them', () => {
  expect(dnfTransaction(table('1.0-1'))).toContain(' library          x86_64           1.0-1             farm');
  expect(dnfTransaction(table('1.0-1'))).toBe(dnfTransaction(table('1.0-1').replace('0:00', '1:23')));
  expect(dnfTransaction(table('1.0-1'))).not.toBe(dnfTransaction(table('1.0-2')));
});

test('none where nothing is to be done, or nothing could be resolved', () => {
  expect(dnfTransaction('Dependencies resolved.\nNothing to do.\nComplete!\n')).toBeUndefined();
  expect(dnfTransaction("No matching package to install: 'no-such'\nNot all dependencies satisfied\n")).toBeUndefined();
});
