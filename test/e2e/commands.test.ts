import { beforeAll, describe, expect, test } from 'vitest';
import type { Built } from './farm.ts';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

describe('fatbuildrctl', () => {
  let failed: Built;
  let id: string;
  beforeAll(async () => {
    const dsc = await sourcePackage({ name: 'failing', build: 'echo no >&2; false' });
    failed = await farm.build([dsc, '-d', 'bookworm', '-m', 'It will fail']);
    id = failed.task?.id ?? '';
  });

  test.concurrent.each([
    ['version', /^fatbuildrctl \S+\nserver \S+/],
    ['instances', /default: Test farm[\s\S]*other: Another farm/],
    ['workers list', /e2e\s+online/],
    ['images list', /environment\s+deb\s+bookworm/],
    ['keyring show', /User ID\s+Test farm <farm@fatbuildr\.invalid>/],
    ['tokens list', /^ID|^No token/],
    ['list', /^ID|^Nothing/],
    ['history', /failing/],
    ['archives --outcome build-failure', /build-failure\s+build failing/],
    ['registry list -d bookworm', /^PACKAGE|^Nothing/],
  ])('%s, in words and as JSON', async (words, shown) => {
    const command = words.split(' ');
    const [plain, json] = await Promise.all([farm.ctl(command), farm.ctl([...command, '--json'])]);
    // what this host lacks, its worker says
    plain.stderr = plain.stderr.replace(/^e2e: this host has .*\n?/gm, '');
    json.stderr = json.stderr.replace(/^e2e: this host has .*\n?/gm, '');
    expect(plain).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(shown) });
    expect(json).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toBeTypeOf('object');
  });

  test('show tells a task by the beginning of its id: phases, cause and what to do', async () => {
    const { status, stdout } = await farm.ctl(['show', id.slice(0, 10)]);
    expect(status).toBe(0);
    for (const word of [id, 'build-failure', 'It will fail', 'Jane Doe', 'dependencies', 'e2e']) {
      expect(stdout).toContain(word);
    }
  });

  test('watch replays the log of a task that ended, byte for byte, and ends as it ended', async () => {
    const again = await farm.watch(id);
    expect(again).toMatchObject({ status: 2, stdout: failed.stdout });
    const attempt = failed.task?.jobs[0]?.attempts[0]?.id ?? '';
    expect((await (await farm.client.readLog(attempt)).text()).trimEnd()).toBe(failed.stdout.trimEnd());
  });

  test('retry is a new task that names the old one', async () => {
    const { status, stderr } = await farm.ctl(['retry', id]);
    expect(status).toBe(2);
    const task = await farm.task(/^Task (\w+):/m.exec(stderr)?.[1] ?? '');
    expect(task).toMatchObject({ retryOf: id, outcome: 'build-failure' });
  });

  test('over TCP a token is needed, and may do what it was made for', async () => {
    const over = (token?: string) => ({ FATBUILDR_URI: farm.url, ...(token ? { FATBUILDR_TOKEN: token } : {}) });
    expect(await farm.ctl(['history'], over())).toMatchObject({ status: 4 });
    expect(await farm.ctl(['history'], over('nonsense'))).toMatchObject({ status: 4 });
    const token = (await farm.ctl(['tokens', 'create', 'reader', '--action', 'view'])).stdout.trim();
    expect(await farm.ctl(['history'], over(token))).toMatchObject({ status: 0 });
    const denied = await farm.ctl(['cancel', id], over(token));
    expect(denied).toMatchObject({ status: 4, stderr: expect.stringContaining('cancel') });
    const listed = JSON.parse((await farm.ctl(['tokens', 'list', '--json'])).stdout) as { id: string; name: string }[];
    const reader = listed.find(({ name }) => name === 'reader');
    expect(await farm.ctl(['tokens', 'revoke', reader?.id ?? ''])).toMatchObject({ status: 0 });
    expect(await farm.ctl(['history'], over(token))).toMatchObject({ status: 4 });
  });

  test('usage, unknown things and a server that is away have their exit statuses', async () => {
    expect(await farm.ctl(['build', '--nonsense'])).toMatchObject({ status: 1 });
    expect(await farm.ctl(['show', 'a'.repeat(16)])).toMatchObject({ status: 1 });
    const away = await farm.ctl(['history'], { FATBUILDR_URI: 'http://127.0.0.1:9' });
    expect(away).toMatchObject({ status: 6, stderr: expect.stringContaining('127.0.0.1:9') });
  });
});
