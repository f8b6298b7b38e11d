import type { Outcome } from '@fatbuildr/domain';
import { describe, expect, test } from 'vitest';
import { until } from '../farm.ts';
import { attemptsOf, leftBehind } from '../left-behind.ts';
import { farm } from '../this-farm.ts';
import { buildJob, buildRpm, rpmDefinition, type TinyRpm } from './packages.ts';

interface Mistake extends Omit<TinyRpm, 'name'> {
  what: string;
  outcome: Outcome;
  told: (string | RegExp)[];
  files?: Record<string, string>;
}

const mistakes: Mistake[] = [
  {
    what: 'does not parse',
    preamble: 'Lizenz MIT',
    outcome: 'rejected',
    told: [/rpm\/sample\.spec:\d+ is no spec file: Unknown tag: Lizenz MIT/],
  },
  {
    what: 'has an undefined variable',
    preamble: '# {{ verison }}',
    outcome: 'rejected',
    told: [/rpm\/sample\.spec:\d+ fails: 'verison' is undefined/],
  },
  {
    what: 'names a source that is not there',
    preamble: 'Source9: nowhere.tar.gz',
    outcome: 'rejected',
    told: ['rpm/sample.spec names a source that is not there: nowhere.tar.gz', '{{ sources }}'],
  },
  {
    what: 'has the tag of the distribution twice',
    release: '{{ release }}%{?dist}',
    outcome: 'rejected',
    told: ['come to 1.0-1.el9.el9, given was 1.0-1.el9', '%{?dist}'],
  },
  {
    what: 'has build dependencies that nobody has',
    preamble: 'BuildRequires: nonexistent-devel >= 3\nBuildRequires: greeting-data >= 7',
    outcome: 'dependency-failure',
    told: ['nonexistent-devel >= 3 (no such package)', 'greeting-data >= 7 (no such package)', 'BuildRequires'],
  },
  {
    what: 'comes up with build dependencies that nobody has',
    sections: '%generate_buildrequires\necho nonexistent-devel',
    outcome: 'dependency-failure',
    told: ['nonexistent-devel (no such package)'],
  },
  {
    what: 'has a patch that does not apply',
    files: { 'patches/generic/x.patch': '--- a/readme\n+++ b/readme\n@@ -1,3 +1,3 @@\n one\n-deux\n+zwei\n three\n' },
    outcome: 'build-failure',
    told: [/1 out of 1 hunk FAILED/],
  },
  {
    what: 'has a build that fails',
    build: 'echo "main.c:7: error: expected a semicolon" >&2; exit 1',
    outcome: 'build-failure',
    told: ['main.c:7: error: expected a semicolon'],
  },
  {
    what: 'leaves other files beside its packages',
    build: 'ln -s /etc /build/result/etc; touch /build/result/notes.txt',
    outcome: 'build-failure',
    told: [/The build left "(etc|notes\.txt)"/],
  },
  {
    what: 'has an option for rpmbuild that is none of its',
    buildargs: '--root /',
    outcome: 'rejected',
    told: ['artifact.yml:5', '--with, --without, --define'],
  },
];

describe('a spec file is told what is wrong when it', () => {
  test.each(mistakes)('$what', async ({ what, outcome, told, files, ...tiny }) => {
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
  await until(async () => (await leftBehind(farm.directory, await attemptsOf(farm.client))).length === 0, 60_000);
});
