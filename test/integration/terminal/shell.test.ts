import { stat } from 'node:fs/promises';
import type { Task } from '@fatbuildr/domain';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { until } from '../containers/support.ts';
import { attach, attemptOf, holdMinimalTrees, leftOf, workspaceOf } from './support.ts';

let redis: TestRedis;
let farm: Farm;
let admin: string;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({
    redis: redis.url,
    slots: 4,
    settings: 'limits: { shell: 8s, shellSilence: 4s }',
    containers: { prepare: (config) => holdMinimalTrees(config), shellLeftMs: 700 },
  });
  admin = await token('admin', ['admin', 'images', 'view', 'cancel']);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

async function token(name: string, actions: ('view' | 'build' | 'images' | 'admin' | 'cancel')[]): Promise<string> {
  return (await farm.client.createToken({ body: { name, actions } })).token;
}

const BASH = ['/bin/bash', '--norc', '--noediting'];

/** A shell, and somebody at it. */
async function open(command: string[] | undefined = BASH) {
  const task = await farm.client.shell({ params: { instance: 'default' }, body: command ? { command } : {} });
  const attempt = await attemptOf(farm.client, task);
  return { task, attempt, person: attach(farm.url, admin, attempt) };
}

async function nothingIsLeft(attempt: string, task: Pick<Task, 'id'>): Promise<void> {
  await until(
    async () => (await farm.client.task({ params: { task: task.id } })).jobs[0]?.attempts[0]?.logClosed === true,
  );
  await until(async () => !(await stat(workspaceOf(farm.directory, attempt)).catch(() => undefined)));
  await until(async () => (await leftOf(attempt)).length === 0);
}

test('a login shell: a terminal of the size and type asked for, its exit status, its transcript in the log', async () => {
  const { task, attempt, person } = await open(undefined);
  person.type('tty; stty size; echo "term $TERM"; id -un; exit 7\n');
  expect(await person.closed).toBe(1000);
  expect(person.seen()).toContain('thrown away');
  expect(person.seen()).toContain('/dev/pts/0\r\n30 100\r\nterm linux\r\nroot\r\n');
  expect(person.notices).toEqual([
    { attached: { state: 'waiting' } },
    { attached: { state: 'running' } },
    { ended: { status: 7, printed: person.next(), outcome: 'success' } },
  ]);
  const ended = await farm.ended(task);
  expect(ended).toMatchObject({ kind: 'shell', outcome: 'success' });
  expect(ended.jobs[0]?.attempts[0]?.phases.map(({ name }) => name)).toEqual(['shell']);
  const headers = { authorization: `Bearer ${admin}` };
  const transcript = await (await fetch(`${farm.url}/api/v1/attempts/${attempt}/log`, { headers })).text();
  expect(transcript).toContain('30 100\r\nterm linux');
  expect(transcript.startsWith(person.seen())).toBe(true);
  await nothingIsLeft(attempt, task);
  const late = attach(farm.url, admin, attempt);
  expect(await late.closed).toBe(1000);
  expect(late.notices).toEqual([{ ended: { status: 7, printed: person.next(), outcome: 'success' } }]);
});

test('Ctrl-C interrupts the foreground and a new window size reaches it', async () => {
  const { person } = await open();
  person.type(`trap 'stty size' WINCH; echo re""ady\n`);
  await person.sees('ready\r\n');
  person.resize(121, 41);
  // bash runs its traps when a line comes
  person.type('\n');
  await person.sees('41 121\r\n');
  person.type('sleep 1000\n');
  await person.sees('sleep 1000\r\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  person.type('\x03');
  await person.sees('^C');
  person.type('echo al""ive; exit\n');
  await person.closed;
  expect(person.seen()).toContain('alive\r\n');
});

test('two who are attached see the same; who comes later sees what was before, and a cut loses nothing', async () => {
  const { task, attempt, person: ada } = await open();
  ada.type('echo fi""rst\n');
  await ada.sees('first\r\n');
  const bob = attach(farm.url, admin, attempt);
  await bob.sees('first\r\n');
  expect((await farm.client.task({ params: { task: task.id } })).waiting).toMatch(/in a shell, 2 attached/);
  bob.type('echo sec""ond\n');
  await ada.sees('second\r\n');
  ada.vanish();
  bob.type('echo th""ird\n');
  await bob.sees('third\r\n');
  const again = attach(farm.url, admin, attempt, `offset=${ada.next()}`);
  await again.sees('third\r\n');
  // the prompt that follows comes to each in its own time
  await vi.waitFor(() => expect(ada.seen() + again.seen()).toBe(bob.seen()), 10_000);
  again.type('exit\n');
  await Promise.all([again.closed, bob.closed]);
});

test('a flood comes through whole', async () => {
  const { person } = await open(['/bin/sh', '-c', 'stty -opost; seq 1 300000']);
  await person.closed;
  expect(person.seen()).toContain(Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join(''));
});

test('nobody comes: it ends, and says so', async () => {
  const task = await farm.client.shell({ params: { instance: 'default' }, body: {} });
  expect(await farm.ended(task)).toMatchObject({ outcome: 'timeout', cause: { message: 'Nobody came to the shell.' } });
});

test('a client that vanishes: the shell is ended and nothing is left', async () => {
  const { task, attempt, person } = await open();
  person.type('trap "" HUP; sleep 1000 & echo re""ady\n');
  await person.sees('ready\r\n');
  person.vanish();
  expect(await farm.ended(task)).toMatchObject({
    outcome: 'timeout',
    cause: { message: expect.stringContaining('everybody had left') },
  });
  await nothingIsLeft(attempt, task);
});

test.each([
  ['while something is printed', 'while sleep 0.5; do echo tick; done\n', 'limits.shell '],
  ['while nothing happens', '', 'limits.shellSilence '],
])('its time is limited: %s', async (_, typed, limit) => {
  const { task, attempt, person } = await open();
  person.type(typed);
  expect(await person.closed).toBe(1000);
  expect(person.notices.at(-1)).toMatchObject({ ended: { status: null, outcome: 'timeout' } });
  expect(JSON.stringify(person.notices.at(-1))).toContain(limit);
  await nothingIsLeft(attempt, task);
});

test('a cancel ends it at once', async () => {
  const { task, attempt, person } = await open();
  person.type('echo re""ady; sleep 1000\n');
  await person.sees('ready\r\n');
  await farm.client.cancel({ params: { task: task.id } });
  expect(await person.closed).toBe(1000);
  expect(person.notices.at(-1)).toMatchObject({ ended: { status: null, outcome: 'cancelled' } });
  await nothingIsLeft(attempt, task);
});

test('it is for who opened it and for administrators, and who was there is written down', async () => {
  const { task, attempt, person } = await open();
  person.type('exit\n');
  const mallory = await token('mallory', ['view', 'build', 'images']);
  expect(await attach(farm.url, mallory, attempt).closed).toBe(403);
  expect(await attach(farm.url, await token('eve', ['view', 'build']), attempt).closed).toBe(403);
  expect(await attach(farm.url, 'wrong', attempt).closed).toBe(401);
  await person.closed;
  const { entries } = await farm.client.audit({ query: {} });
  const of = (action: string) => entries.filter((entry) => entry.action === action && entry.subject === task.id);
  expect(of('shell')).toMatchObject([{ who: 'local' }]);
  expect(of('attach')).toMatchObject([{ who: 'admin', outcome: 'done' }]);
});

test('it is not tried again: by nobody, and not by the farm', async () => {
  const { task, person } = await open(['/bin/true']);
  await person.closed;
  await expect(farm.client.retry({ params: { task: task.id } })).rejects.toThrow('A shell is not tried again');
});

test('frames that are none end the connection, not the shell', async () => {
  const { attempt, person } = await open();
  await until(() => person.notices.length > 1);
  const odd = attach(farm.url, admin, attempt);
  await until(() => odd.notices.length > 0);
  odd.resize(0, 1_000_000);
  expect(await odd.closed).toBe(1008);
  person.type('exit 0\n');
  expect(await person.closed).toBe(1000);
});
