import { describe, expect, test } from 'vitest';
import { until } from './farm.ts';
import { leftBehind } from './left-behind.ts';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

describe('a build', () => {
  test('finds what was just published among its dependencies', async () => {
    const library = await sourcePackage({ name: 'lib-farm', build: 'echo from-the-farm > payload/word' });
    expect(await farm.build([library, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    const user = await sourcePackage({
      name: 'uses-farm',
      buildDepends: 'lib-farm (>= 1.0)',
      build: 'grep from-the-farm /usr/share/lib-farm/word',
    });
    expect(await farm.build([user, '-d', 'bookworm'])).toMatchObject({ status: 0, task: { outcome: 'success' } });
    // a derivative builds on the one that it extends, another distribution does not see it
    const onTop = await sourcePackage({ name: 'uses-main', buildDepends: 'lib-farm' });
    expect(await farm.build([onTop, '-d', 'bookworm', '--derivative', 'backports'])).toMatchObject({ status: 0 });
    const apart = await farm.build([onTop, '-d', 'bookworm-next']);
    expect(apart).toMatchObject({ status: 2, task: { outcome: 'dependency-failure' } });
  });

  test('that fails is a build failure whose cause leads to the error', async () => {
    const broken = await sourcePackage({
      name: 'broken',
      build: 'echo "main.c:7: error: expected a semicolon" >&2; exit 1',
    });
    const built = await farm.build([broken, '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 2, task: { outcome: 'build-failure' } });
    expect(built.task?.cause?.message).toContain('main.c:7: error: expected a semicolon');
    expect(built.stderr).toContain('main.c:7: error: expected a semicolon');
    expect(built.task?.jobs.flatMap(({ attempts }) => attempts)).toHaveLength(1);
    const { stdout } = await farm.ctl(['registry', 'list', '-d', 'bookworm', '-a', 'broken', '--json']);
    expect(JSON.parse(stdout)).toEqual([]);
  });

  test('whose dependencies do not exist is a dependency failure that names them', async () => {
    const dsc = await sourcePackage({ name: 'unmet', buildDepends: 'no-such-thing (>= 2), make (>= 99)' });
    const built = await farm.build([dsc, '-d', 'bookworm']);
    expect(built).toMatchObject({ status: 2, task: { outcome: 'dependency-failure' } });
    expect(built.stderr).toContain('no-such-thing (>= 2)');
    expect(built.stderr).toContain('make (>= 99)');
  });

  test('that is cancelled ends at once and leaves nothing on the host', async () => {
    const sleeper = await sourcePackage({
      name: 'sleeper',
      build: `trap '' TERM HUP INT; (setsid sh -c 'trap "" TERM; sleep 86411' &) ; sleep 86411`,
    });
    const task = await farm.submit([sleeper, '-d', 'bookworm']);
    const watched = farm.watch(task);
    const attempt = async () => (await farm.task(task)).jobs[0]?.attempts[0];
    await until(async () => (await attempt())?.phases.some(({ name }) => name === 'build') ?? false, 60_000);
    const id = (await attempt())?.id ?? '';
    expect(await leftBehind(farm.directory, [id])).not.toEqual([]);
    const began = Date.now();
    expect(await farm.ctl(['cancel', task])).toMatchObject({ status: 0 });
    expect(await watched).toMatchObject({ status: 5, task: { outcome: 'cancelled' } });
    expect(Date.now() - began).toBeLessThan(30_000);
    await until(async () => (await leftBehind(farm.directory, [id])).length === 0, 30_000);
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await farm.ctl(['cancel', task])).toMatchObject({ status: 0 });
  });
});
