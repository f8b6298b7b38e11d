import { expect, test } from 'vitest';
import type { Built } from '../farm.ts';
import { buildRpm, rpmDefinition } from './packages.ts';

const ANEW = 'dependencies: installed anew';
const AGAIN = 'dependencies: those of an earlier build, installed already';

/** A build that wants the library, and fails where it finds what one before it left. */
async function buildUser(...options: string[]): Promise<Built> {
  const build = 'grep two /usr/share/warm-library/readme && test ! -e /var/tmp/warm-left && touch /var/tmp/warm-left';
  const directory = await rpmDefinition({ name: 'warm-user', preamble: 'BuildRequires: warm-library', build });
  return buildRpm(directory, '-m', 'Again', ...options);
}

test('dependencies that an earlier build installed are used while they are the same', {
  timeout: 300_000,
}, async () => {
  const library = async (message: string) => buildRpm(await rpmDefinition({ name: 'warm-library' }), '-m', message);
  expect(await library('First')).toMatchObject({ status: 0 });
  expect(await buildUser()).toMatchObject({ status: 0, stdout: expect.stringContaining(ANEW) });
  expect(await buildUser()).toMatchObject({ status: 0, stdout: expect.stringContaining(AGAIN) });
  const without = await buildUser('--no-warm');
  expect(without).toMatchObject({ status: 0 });
  expect(without.stdout).not.toContain('dependencies:');

  expect(await library('Second')).toMatchObject({ status: 0 });
  expect(await buildUser()).toMatchObject({ status: 0, stdout: expect.stringContaining(ANEW) });
});
