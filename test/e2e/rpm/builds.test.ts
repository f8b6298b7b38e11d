import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { root } from '../farm.ts';
import { scratch } from '../packages.ts';
import { cacheHello } from '../sources.ts';
import { artifact, buildJob, buildRpm, rpmDefinition } from './packages.ts';

/** What rpm says of a package, without a database of this machine's. */
async function query(bytes: Buffer, format: string): Promise<string> {
  const args = ['--dbpath', join(await scratch(), 'rpmdb'), '-qp', '--nosignature', '--qf', format, '-'];
  const { stdout } = await execa('rpm', args, { input: bytes });
  return stdout;
}

describe('an RPM definition', () => {
  test('of GNU hello becomes packages, with what led to them in the log', async () => {
    await cacheHello();
    const directory = join(await scratch(), 'hello');
    await cp(join(root, 'examples/hello'), directory, { recursive: true });
    const { task, stdout } = await buildRpm(directory, '-m', 'First build\n- for 100% of users');
    expect(buildJob(task)).toMatchObject({ outcome: 'success' });
    expect(task?.artifacts.map(({ name }) => name).toSorted()).toEqual([
      expect.stringMatching(/^hello-2\.10-1\.el9\.src\.rpm$/),
      expect.stringMatching(/^hello-2\.10-1\.el9\.(x86_64|aarch64)\.rpm$/),
    ]);
    const phases = buildJob(task)?.attempts[0]?.phases.map(({ name }) => name);
    const steps = ['sources', 'environment', 'source-package', 'dependencies', 'build', 'collect'];
    expect(phases).toEqual(expect.arrayContaining(steps));
    expect(stdout).toContain('PASS: tests/greeting-1');
    const source = await artifact(task!, '.src.rpm');
    expect(await query(source, '[%{CHANGELOGNAME}\n%{CHANGELOGTEXT}\n]%{VERSION}-%{RELEASE}')).toBe(
      `Jane Doe <jane@fatbuildr.invalid> 2.10-1.el9
- First build
- for 100% of users
- Task ${task?.id} of instance rpms
2.10-1.el9`,
    );
    expect(await query(source, '[%{SOURCE}\n][%{PATCH}\n]')).toBe('hello-2.10.tar.gz\nhelp-over-https.patch');
  });

  test('gets buildargs, dependencies told by itself, other files of rpm/ and patches', async () => {
    const directory = await rpmDefinition(
      {
        name: 'many-things',
        preamble: '%bcond_with extra\nBuildRequires: greeting-data >= 1.5\n',
        buildargs: "--with extra --define 'channel next'",
        sections: `%generate_buildrequires
echo dynamic-helper
[ ! -e /usr/share/dynamic-helper/version ] || echo 'greeting-data = 2.0'
`,
        build: `cd payload
cat /usr/share/greeting-data/version /usr/share/dynamic-helper/version > versions
echo %{with extra} %{channel} > args
cp %{SOURCE1} .
id -un > user
tail -n +1 *`,
      },
      {
        'rpm/settings.conf.j2': 'version={{ version.full }}\n',
        'patches/generic/two.patch': `--- a/readme\n+++ b/readme\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n`,
      },
    );
    const { task, stdout } = await buildRpm(directory);
    expect(buildJob(task)).toMatchObject({ outcome: 'success' });
    expect(stdout).toContain(`==> args <==
1 next

==> readme <==
one
zwei
three

==> settings.conf <==
version=1.0-1.el9

==> user <==
builder

==> versions <==
2.0
1.0
`);
  });

  test('of packages for all architectures makes them once', async () => {
    const { task } = await buildRpm(await rpmDefinition({ name: 'for-all', preamble: 'BuildArch: noarch' }));
    expect(task?.artifacts.map(({ name }) => name).toSorted()).toEqual([
      'for-all-1.0-1.el9.noarch.rpm',
      'for-all-1.0-1.el9.src.rpm',
    ]);
  });

  test('that is built again gets a build number and both changelog entries', async () => {
    const directory = await rpmDefinition({ name: 'twice' });
    expect(await buildRpm(directory, '-m', 'The first')).toMatchObject({ status: 0 });
    const second = await buildRpm(directory, '-m', 'The second');
    expect(second).toMatchObject({ status: 0, task: { version: '1.0-1.el9+build2' } });
    const entries = await query(await artifact(second.task!, '.src.rpm'), '[%{CHANGELOGTEXT}\n]');
    expect(entries).toMatch(/^- The second\n- Task .*\n- The first\n- Task /);
  });
});
