import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../farm.ts';
import { leftBehind } from '../left-behind.ts';
import { farm } from '../this-farm.ts';
import { buildAttempt, buildAttempts, buildImage } from './definitions.ts';

const attempts: string[] = [];

afterAll(() => until(async () => (await leftBehind(farm.directory, attempts)).length === 0, 30_000));

async function build(definition: Parameters<typeof buildImage>[0]) {
  const built = await buildImage(definition);
  attempts.push(...buildAttempts(built).map(({ id }) => id));
  return built;
}

describe.concurrent('what is wrong with the definition of an image', () => {
  test.each([
    {
      what: 'a section that is none',
      definition: { name: 'syntax', text: '[Distribution\nRelease=bookworm\n' },
      told: ['osi/syntax.mkosi', '[Distribution is not a valid section'],
    },
    {
      what: 'a setting that is none',
      definition: { name: 'setting', settings: { Distribution: { Relase: 'bookworm' } } },
      told: ['mkosi cannot read the definition: osi/setting.mkosi: Unknown setting Relase'],
    },
    {
      what: 'loop devices',
      definition: { name: 'loops', settings: { Output: { Format: 'disk', RepartOffline: 'no' } } },
      told: ['needs loop devices for Format=disk'],
    },
    {
      what: 'a base that is a disk',
      definition: { name: 'upon', settings: { Content: { BaseTrees: 'base.raw' } }, files: { 'base.raw': 'disk' } },
      told: ['to read base.raw needs loop devices', 'mkosi.images/NAME'],
    },
    {
      what: 'packages of an extension without a base',
      definition: { name: 'baseless', settings: { Output: { Format: 'sysext' }, Content: { Packages: 'curl' } } },
      told: ['Format=sysext with Packages= needs BaseTrees='],
    },
    {
      what: 'an archive that is not allowed',
      definition: {
        name: 'foreign',
        of: 'debian' as const,
        settings: { Distribution: { Mirror: 'http://other.example/debian' } },
      },
      told: ['packages from http://other.example/debian', '"mirrors" of images'],
    },
    {
      what: 'a distribution without a mirror',
      definition: { name: 'mirrorless', settings: { Distribution: { Distribution: 'fedora', Release: '43' } } },
      told: ['No mirror is known for an image of fedora', '"mirrors" of images'],
    },
  ])('$what is rejected', async ({ definition, told }) => {
    const built = await build(definition);
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    for (const words of told) expect(built.stderr).toContain(words);
    expect(buildAttempt(built)?.phases.map(({ name }) => name)).not.toContain('build');
  });

  test('a package that is not there is a dependency failure that names it', async () => {
    // Over a base that is there, the first package that apt is asked for is this one.
    const settings = { Content: { BaseTrees: 'skeleton', Packages: ['base-files', 'nonesuch'] } };
    const built = await build({ name: 'unmet', of: 'debian', settings });
    expect(built).toMatchObject({ status: 2, task: { outcome: 'dependency-failure' } });
    expect(built.stderr).toContain('Packages cannot be installed: nonesuch');
  });

  test('an image for machines without a kernel tells what its format needs', async () => {
    const built = await build({ name: 'kernelless', settings: { Output: { Format: 'uki' } } });
    expect(built).toMatchObject({ status: 2, task: { outcome: 'build-failure' } });
    expect(built.stderr).toContain('mkosi failed to make Format=uki: ');
    expect(built.stderr).toContain('systemd-boot-efi');
  });

  test('a tool that the tool image lacks is the fault of the host, with what to do', async () => {
    const built = await build({ name: 'toolless', settings: { Content: { SELinuxRelabel: 'yes' } } });
    expect(built.task).toMatchObject({ outcome: 'infrastructure-failure' });
    expect(built.stderr).toContain('lacks setfiles, which it takes to relabel files');
    expect(built.stderr).toContain('images.osi.packages');
  });

  test.each([
    ['takes its image away', 'away', 'rm away_1.0.tar', /mkosi failed to make Format=tar: Running post-output script/],
    ['empties it', 'emptied', ': >emptied_1.0.tar', /mkosi left an empty emptied_1\.0\.tar/],
    ['links it to another file', 'linked', 'ln -sf /etc/shadow linked_1.0.tar', /mkosi left no linked_1\.0\.tar/],
    ['leaves other files', 'others', 'touch x_1.0.tar', /left "x_1\.0\.tar", which is not called .* others_1\.0\.KIND/],
    ['writes checksums', 'sums', 'touch sums_1.0.SHA256SUMS', /sums_1\.0\.SHA256SUMS, which the farm writes itself/],
  ])('an image whose script %s fails, and nothing of it is published', async (_, name, afterwards, told) => {
    const built = await build({ name, afterwards });
    expect(built).toMatchObject({ status: 2, task: { outcome: 'build-failure', artifacts: [] } });
    expect(built.stderr).toMatch(told);
  });
});
