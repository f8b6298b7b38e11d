import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../farm.ts';
import { leftBehind } from '../left-behind.ts';
import { farm } from '../this-farm.ts';
import { buildAttempt, buildImage } from './definitions.ts';

const attempts: string[] = [];

afterAll(() => until(async () => (await leftBehind(farm.directory, attempts)).length === 0, 30_000));

describe('what is wrong with the definition of an image', () => {
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
      what: 'an archive that is not allowed',
      definition: { name: 'foreign', settings: { Distribution: { Mirror: 'http://other.example/debian' } } },
      told: ['packages from http://other.example/debian', '"mirrors" of images'],
    },
    {
      what: 'a distribution without a mirror',
      definition: { name: 'mirrorless', settings: { Distribution: { Distribution: 'fedora', Release: '43' } } },
      told: ['No mirror is known for an image of fedora', '"mirrors" of images'],
    },
  ])('$what is rejected', async ({ definition, told }) => {
    const built = await buildImage(definition);
    expect(built).toMatchObject({ status: 1, task: { outcome: 'rejected' } });
    for (const words of told) expect(built.stderr).toContain(words);
    attempts.push(buildAttempt(built)?.id ?? '');
  });

  test('a package that is not there is a dependency failure that names it', async () => {
    const built = await buildImage({ name: 'unmet', settings: { Content: { Packages: ['base-files', 'nonesuch'] } } });
    expect(built).toMatchObject({ status: 2, task: { outcome: 'dependency-failure' } });
    expect(built.stderr).toContain('Packages cannot be installed: nonesuch');
    attempts.push(buildAttempt(built)?.id ?? '');
  });
});
