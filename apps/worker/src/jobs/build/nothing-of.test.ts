import type { BuildDebOrder, BuildRpmOrder } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { nothingOf as nothingOfDeb } from '../build-deb/source-package.ts';
import { architecturesOf, nothingOf as nothingOfRpm } from '../build-rpm/source-rpm.ts';
import type { Job } from '../job.ts';

const job = <O extends BuildDebOrder | BuildRpmOrder>(architecture: string, primary: boolean) =>
  ({ order: { architecture, primary }, log: { line: () => {} } }) as unknown as Job<O>;
const none = { source: { name: 'hello', version: '1-1' }, files: [] };

test.each([
  ['any', 'amd64', true, undefined],
  ['arm64', 'amd64', true, none],
  ['arm64 all', 'amd64', true, undefined],
  ['arm64 all', 'i386', false, none],
])('of a Debian source package for %s, the job for %s (first: %s) has %j', (field, architecture, primary, expected) => {
  const source = { name: 'hello', version: '1-1', dsc: 'hello_1-1.dsc', files: [], directory: '/nowhere' };
  const found = nothingOfDeb(
    { job: job<BuildDebOrder>(architecture, primary) },
    { ...source, architectures: field.split(' ') },
  );
  expect(found).toEqual(expected);
});

test.each([
  [['x86_64'], 'amd64', undefined],
  [['x86_64'], 'arm64', none],
  [[], 'arm64', undefined],
])('of a source RPM for %j, the job for %s has %j', (exclusive, architecture, expected) => {
  const source = { name: 'hello', version: '1-1', directory: '/nowhere', file: 'hello-1-1.src.rpm', buildargs: [] };
  const architectures = { exclusive, excluded: [], build: [] };
  const found = (more: object) => nothingOfRpm({ job: job<BuildRpmOrder>(architecture, true) }, { ...source, ...more });
  expect(found({ architectures })).toEqual(expected);
  // mock tells neither
  expect(found({ version: null })).toBeUndefined();
});

test.each([
  [['amd64', 'i386'], ['i386', 'i686'], ['i386']],
  [['amd64', 'arm64'], [], ['amd64', 'arm64']],
  [['amd64', 'arm64'], ['s390x'], []],
  [['amd64'], ['x86_64'], undefined],
])('of %j, a source RPM for %j is for %j', (architectures, exclusive, expected) => {
  const said = { exclusive, excluded: [], build: [] };
  expect(architecturesOf({ architectures }, { architectures: said }).architectures).toEqual(expected);
  expect(architecturesOf({ architectures }, {})).toEqual({});
});
