import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskDetail } from '@fatbuildr/domain';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptClient } from '../registry/apt-client.ts';
import { ctl, program } from './ctl.ts';
import { submit } from './submit.ts';

const STABLE = '    - { name: bookworm-stable, env: bookworm, tag: deb12 }\n';
const [FIRST, SECOND] = ['1.0-1.deb12', '1.0-1.deb12+build2'];

let redis: TestRedis;
let farm: Farm;
/** The tasks that built the two versions of hello. */
let builds: TaskDetail[];

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({
    redis: redis.url,
    instances: { default: `${INSTANCE}${STABLE}derivatives:\n  extra: {}\n` },
  });
  builds = [];
  for (let count = 0; count < 2; count += 1) {
    builds.push(await farm.ended(await submit(farm.client, { artifact: 'hello' })));
  }
  expect(builds.map(({ version }) => version)).toEqual([FIRST, SECOND]);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

async function done(...words: string[]): Promise<string> {
  const said = await ctl(farm, ['registry', ...words]);
  expect({ words, ...said }).toMatchObject({ status: 0 });
  return said.stdout;
}

const json = async (...words: string[]) => JSON.parse(await done(...words, '--json'));
/** The task that a command followed: the last line of what it printed. */
const followed = async (...words: string[]): Promise<TaskDetail> =>
  JSON.parse((await done(...words, '--json')).trim().split('\n').at(-1) ?? '').task;

/** The versions that apt, with its checks, sees in a distribution. */
async function versions(distribution: string): Promise<string[]> {
  const apt = await aptClient(await (await fetch(`${farm.url}/default/deb/${distribution}.sources`)).text());
  try {
    await apt.update();
    return await apt.versions('hello');
  } finally {
    await apt.remove();
  }
}

describe('publications', () => {
  test('are listed with the tasks behind them, and shown one by one', async () => {
    expect(await json('publications', '-d', 'bookworm')).toMatchObject([
      { revision: 3, previous: 2, current: true, removed: 0, tasks: [builds[1]!.id] },
      { revision: 2, previous: 1, current: false, tasks: [builds[0]!.id] },
      { revision: 1, previous: null, added: 0, tasks: [] },
    ]);
    expect(await done('publications', '-d', 'bookworm')).toMatch(/^3 .* current +\S{16}$/m);
    const shown = await done('show', '-d', 'bookworm', '--revision', '3');
    expect(shown).toMatch(
      new RegExp(`^Task +${builds[1]!.id} +build hello ${SECOND.replaceAll('+', '\\+')}, asked by`, 'm'),
    );
    expect(shown).toMatch(/^\+ +hello +amd64 +main +1\.0-1\.deb12\+build2$/m);
    expect(shown).toMatch(/^main\/binary-amd64\/Packages\.gz +\d/m);
  });

  test('keep what they held', async () => {
    const then = await json('list', '-d', 'bookworm', '--revision', '2');
    expect(new Set(then.map(({ version }: { version: string }) => version))).toEqual(new Set([FIRST]));
    const { status, stderr } = await ctl(farm, ['registry', 'list', '-d', 'bookworm', '--revision', '9']);
    expect(status).toBe(1);
    expect(stderr).toContain('Kept are 1 to 3');
  });

  test('are compared, and so are distributions', async () => {
    const found = await json('diff', '-d', 'bookworm', '2', '3');
    expect(found.packages).toContainEqual(
      expect.objectContaining({ name: 'hello', architecture: 'amd64', from: [], to: [SECOND] }),
    );
    expect(found.files.map(({ path }: { path: string }) => path)).toContain('main/binary-amd64/Packages.gz');
    expect(await done('diff', '-d', 'bookworm', '3')).toBe('No package differs.\n');
    expect(await done('diff', 'bookworm', 'bookworm-stable')).toMatch(/^- +hello +amd64 +main +1\.0-1\.deb12 1\.0-1/m);
    expect((await ctl(farm, ['registry', 'diff', 'bookworm'])).stderr).toContain('Compare it with what?');
  });
});

describe('changes', () => {
  test('a dry run says what would change, and nothing changes', async () => {
    const task = await followed('delete', '-d', 'bookworm', 'hello', '--version', SECOND, '--dry-run');
    expect(task).toMatchObject({ kind: 'registry-delete', dryRun: true, outcome: 'success' });
    expect(task.preview?.removed).toContainEqual({
      ...{ derivative: 'main', name: 'hello', version: SECOND, architecture: 'amd64' },
    });
    const words = await done('delete', '-d', 'bookworm', 'hello', '--version', SECOND, '--dry-run');
    expect(words).toContain(`would remove hello ${SECOND} (amd64) in main\n`);
    expect(await versions('bookworm')).toEqual([SECOND, FIRST]);
  });

  test('without a terminal they need a yes', async () => {
    const said = await ctl(farm, ['registry', 'delete', '-d', 'bookworm', 'hello']);
    expect(said).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('--dry-run') });
  });

  test('on a terminal they show what would change, and ask', async () => {
    const command = `${program} registry delete -d bookworm hello --architecture source --version ${SECOND}`;
    const env = { FATBUILDR_URI: `unix://${farm.directory}/run/api.sock`, HOME: farm.directory };
    const { stdout } = await execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env,
      input: 'n\n',
      reject: false,
    });
    expect(stdout).toContain(`- hello ${SECOND} (source) in main`);
    expect(stdout).toContain('Go on? [y/N]');
    expect(stdout).toContain('Nothing was changed.');
  });

  test('a promotion brings one version into another distribution', async () => {
    await done('promote', 'bookworm', 'bookworm-stable', `hello=${FIRST}`, '--yes');
    expect(await versions('bookworm-stable')).toEqual([FIRST]);
    await done('promote', 'bookworm', 'bookworm-stable', '--all', '--yes');
    expect(await versions('bookworm-stable')).toEqual([SECOND, FIRST]);
    const { stderr } = await ctl(farm, ['registry', 'promote', 'bookworm', 'bookworm-stable', '--yes']);
    expect(stderr).toContain('Name artifacts, or say --all');
  });

  test('a rollback brings back what there was; a retry of its task does nothing more', async () => {
    const task = await followed('rollback', '-d', 'bookworm-stable', '2', '--yes');
    expect(await versions('bookworm-stable')).toEqual([FIRST]);
    const again = await farm.ended(await farm.client.retry({ params: { task: task.id } }));
    expect(again).toMatchObject({ kind: 'registry-rollback', retryOf: task.id, outcome: 'success' });
    expect(await versions('bookworm-stable')).toEqual([FIRST]);
    const { status, stderr } = await ctl(farm, ['registry', 'rollback', '-d', 'bookworm', '99', '--yes']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('has no revision 99')]);
  });

  test('a delete takes out one version for apt', async () => {
    await done('delete', '-d', 'bookworm', 'hello', '--version', SECOND, '--yes');
    expect(await versions('bookworm')).toEqual([FIRST]);
  });

  test('take the action registry-edit, and for a directory of the server admin', async () => {
    const { token: builder } = await farm.client.createToken({ body: { name: 'builder' } });
    const rollback = ['registry', 'rollback', '-d', 'bookworm', '1', '--yes'];
    expect(await ctl(farm, rollback, { uri: farm.url, token: builder })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('registry-edit'),
    });
    const { token: editor } = await farm.client.createToken({
      body: { name: 'editor', actions: ['view', 'registry-edit'] },
    });
    const imported = ['registry', 'import', '-d', 'bookworm', '/srv/old', '--yes'];
    expect(await ctl(farm, imported, { uri: farm.url, token: editor })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('admin'),
    });
    const audited = await ctl(farm, ['audit', '--who', 'editor', '--json']);
    expect(JSON.parse(audited.stdout)).toMatchObject([{ outcome: 'not-authorised' }]);
  });
});

test('a check names what is damaged and fails; what can be mended is, unless it is a dry run', async () => {
  const pool = join(farm.directory, 'state/registry/default/deb/pool');
  const found = (await readdir(pool, { recursive: true })).filter((path) => path.endsWith('.deb'));
  const path = join(pool, found[0] as string);
  const good = await readFile(path);
  await writeFile(path, 'bad');
  const dry = await ctl(farm, ['registry', 'check', '--dry-run']);
  expect(dry).toMatchObject({ status: 3, stderr: expect.stringContaining('1 published files are damaged or missing') });
  expect(dry.stdout).toContain(`damaged: default/deb/pool/${found[0]}: it has 3 bytes`);
  expect(await done('check')).toContain('1 damaged, 0 missing, 0 that nothing names, 1 mended');
  expect((await readFile(path)).equals(good)).toBe(true);
  expect(await done('check', '--dry-run')).toContain('0 damaged, 0 missing, 0 that nothing names');
});

test('many builds that are ready together are few publications', async () => {
  const before = (await json('publications', '-d', 'bookworm'))[0].revision;
  const names = Array.from({ length: 8 }, (_, index) => `many${index}`);
  const tasks = await Promise.all(names.map((artifact) => submit(farm.client, { artifact })));
  const ended = await Promise.all(tasks.map((task) => farm.ended(task)));
  expect(ended.map(({ outcome }) => outcome)).toEqual(names.map(() => 'success'));
  const made = (await json('publications', '-d', 'bookworm')).filter(
    ({ revision }: { revision: number }) => revision > before,
  );
  expect(made.length).toBeLessThanOrEqual(names.length);
  expect(made.flatMap(({ tasks: behind }: { tasks: string[] }) => behind).toSorted()).toEqual(
    tasks.map(({ id }) => id).toSorted(),
  );
});
