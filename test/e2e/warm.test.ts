import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Built } from './farm.ts';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

const ANEW = 'dependencies: installed anew';
const AGAIN = 'dependencies: those of an earlier build, installed already';

async function publishLibrary(version: string): Promise<void> {
  const library = await sourcePackage({ name: 'warm-lib', version, build: `echo ${version} > payload/word` });
  expect(await farm.build([library, '-d', 'bookworm'])).toMatchObject({ status: 0 });
}

/** A build that wants this version of the library, and fails where it finds what one before it left. */
async function buildUser(version: string, library: string, options: string[] = []): Promise<Built> {
  const build = `grep -x ${library} /usr/share/warm-lib/word
for place in /var/tmp /tmp /build; do test ! -e $place/warm-user-left; echo > $place/warm-user-left; done`;
  const user = await sourcePackage({ name: 'warm-user', version, buildDepends: 'warm-lib', build });
  return farm.build([user, '-d', 'bookworm', ...options]);
}

describe('dependencies that an earlier build of the same artifact installed', () => {
  test('are used while they are the same, and installed anew when one has a new version', async () => {
    await publishLibrary('1.0');
    expect(await buildUser('1.0', '1.0')).toMatchObject({ status: 0, stdout: expect.stringContaining(ANEW) });
    expect(await buildUser('1.1', '1.0')).toMatchObject({ status: 0, stdout: expect.stringContaining(AGAIN) });
    const without = await buildUser('1.2', '1.0', ['--no-warm']);
    expect(without).toMatchObject({ status: 0, stdout: expect.stringContaining('Setting up warm-lib (1.0)') });
    expect(without.stdout).not.toContain('dependencies:');

    await publishLibrary('1.1');
    const changed = await buildUser('1.3', '1.1');
    expect(changed).toMatchObject({ status: 0, stdout: expect.stringContaining(ANEW) });
    expect(changed.stdout).toContain('Setting up warm-lib (1.1)');
  });

  test('are kept without anything of the package that was built', async () => {
    const kept = await readdir(join(farm.directory, 'cache/warm'), { recursive: true });
    expect(kept.some((path) => path.endsWith('/usr/share/warm-lib/word'))).toBe(true);
    expect(kept.filter((path) => /warm-user|\/upper\/build\//.test(path))).toEqual([]);
  });
});
