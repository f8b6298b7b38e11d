import { describe, expect, test } from 'vitest';
import { attemptsOf, leftBehind } from '../left-behind.ts';
import { farm } from '../this-farm.ts';
import { type Mistake, mistakes } from './cases.ts';
import { buildJob, buildRpm, rpmDefinition } from './packages.ts';

/** Only rpmbuild by itself has a directory of results that the build can reach. */
const besides: Mistake = {
  what: 'leaves other files beside its packages',
  build: 'ln -s /etc /build/result/etc; touch /build/result/notes.txt',
  outcome: 'build-failure',
  told: [/The build left "(etc|notes\.txt)"/],
};

describe.concurrent('a spec file is told what is wrong when it', () => {
  test.each([...mistakes, besides])('$what', async (mistake) => {
    const { outcome, told, files, what: _what, ...tiny } = mistake;
    const directory = await rpmDefinition({ name: 'sample', ...tiny }, files);
    const built = await buildRpm(directory);
    expect(built.status).not.toBe(0);
    expect(built.task).toMatchObject({ outcome, artifacts: [] });
    for (const text of told) expect(built.stderr).toMatch(text);
    expect(buildJob(built.task)?.attempts).toHaveLength(1);
  });
});

test('what a spec file runs while it is parsed, it runs as an ordinary user without network', async () => {
  const preamble = [
    '%define who %(id -un; cat /etc/shadow 2>&1 | tail -n 1; ip route 2>&1 | wc -l)',
    "%{lua: local f = io.open('/etc/farm', 'w'); print(f and '# lua wrote' or '# lua may not write')}",
    '%{echo: parsed as %{who}}',
  ].join('\n');
  const { task, stdout } = await buildRpm(await rpmDefinition({ name: 'curious', preamble }));
  expect(buildJob(task)).toMatchObject({ outcome: 'success' });
  expect(stdout).toMatch(/parsed as builder/);
  expect(stdout).not.toMatch(/parsed as root/);
  expect(stdout).toMatch(/Permission denied|No such file/);
});

test('nothing is left behind by any of them', async () => {
  // the checks of the last one may still run
  await expect
    .poll(async () => leftBehind(farm.directory, await attemptsOf(farm.client)), { timeout: 60_000, interval: 500 })
    .toEqual([]);
});
