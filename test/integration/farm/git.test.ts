import type { TaskDetail } from '@fatbuildr/domain';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ctl } from './ctl.ts';

/* Builds of a repository by fatbuildrctl, on a host that makes up what it fetches. */

const url = 'https://git.example/packages/hello.git';
const who = ['-n', 'Jane Doe', '-e', 'jane@fatbuildr.invalid'];

let redis: TestRedis;
let farm: Farm;
beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url });
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

test('a build of a tag is fetched, built and published; show tells the commit, and a retry builds the same', async () => {
  const built = await ctl(farm, ['build', '--git', url, '--ref', 'v2.10', '-s', 'packaging', '-a', 'hello', ...who]);
  expect(built).toMatchObject({ status: 0 });
  const id = /^Task (\w+): build hello/.exec(built.stderr)?.[1] ?? '';
  const shown = await ctl(farm, ['show', id, '--json']);
  const task = JSON.parse(shown.stdout) as TaskDetail;
  expect(task.jobs.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    ...['fetch success', 'build:amd64 success', 'publish success'],
  ]);
  const commit = task.origin?.commit ?? 'none';
  expect(task.origin).toEqual({
    url,
    ref: 'v2.10',
    subdir: 'packaging',
    commit: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  expect((await ctl(farm, ['show', id])).stdout).toMatch(
    new RegExp(`^Repository +${url}, v2\\.10, packaging/\nCommit +${commit}$`, 'm'),
  );

  const again = await ctl(farm, ['retry', id, '--json']);
  const last = JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '') as { task: TaskDetail };
  expect(last.task).toMatchObject({ outcome: 'success', version: '1.0-1.deb12+build2', origin: { commit } });
  expect(last.task.jobs.map(({ name }) => name)).toEqual(['build:amd64', 'publish']);
});

test.each([
  [['--git', 'git@git.example:hello.git'], /--git is to be the https URL of a git repository/],
  [['--git', url, '/srv/hello'], /a directory here, or the repository/],
  [['--ref', 'v1'], /--ref is for a repository, which --git names/],
  [['--git', url.replace('https', 'http')], /Nothing protects what comes from http:/],
])('%j is refused at once', async (words, message) => {
  expect(await ctl(farm, ['build', '-a', 'hello', ...words, ...who])).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
});
