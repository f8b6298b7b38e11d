import { afterEach, beforeEach, expect, test } from 'vitest';
import { judge } from './leases.ts';
import type { WorkerIdentity } from './services.ts';
import { failed, local, packageOf, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const SHELL = { format: 'deb', derivative: 'main' } as const;
const shell = () => farm.submissions.shell('default', SHELL, local);

test('a shell is a job of one host that holds the image or environment, with a time of its own', async () => {
  const task = await shell();
  expect(task).toMatchObject({ kind: 'shell', message: null });
  const call = await farm.claim(task.id, one);
  expect((await farm.tasks.get(task.id)).jobs[0]?.name).toBe('shell:deb@one');
  const limits = { wallMs: HOUR, silenceMs: 15 * MINUTE };
  expect(call.order).toMatchObject({ kind: 'shell', environment: null, command: null, limits });

  const request = { ...SHELL, distribution: 'bookworm', command: ['top', '-c'] };
  const other = await farm.submissions.shell('default', request, local);
  expect(other.message).toBe('top -c');
  const { order } = await farm.claim(other.id, one);
  expect(order).toMatchObject({ environment: { name: 'bookworm' }, command: ['top', '-c'] });
});

test('in an environment it has what the farm published there, of a derivative and those it extends', async () => {
  const opened = async (more: { derivative?: string } = {}) => {
    const task = await farm.submissions.shell('default', { ...SHELL, distribution: 'bookworm', ...more }, local);
    return (await farm.claim(task.id, one)).order;
  };
  expect(await opened()).toMatchObject({ farm: null });
  await farm.tell([packageOf('hello', '2.10-1')]);
  expect(await opened()).toMatchObject({ farm: { path: '/default/deb', suite: 'bookworm', components: ['main'] } });
  expect(await opened({ derivative: 'backports' })).toMatchObject({ farm: { components: ['backports', 'main'] } });
  await expect(opened({ derivative: 'nonesuch' })).rejects.toThrow('nonesuch');
  expect((await farm.claim((await shell()).id, one)).order).toMatchObject({ farm: null });
});

test('a shell is not tried again, by people or by the farm', async () => {
  const task = await shell();
  const call = await farm.claim(task.id, one);
  await farm.attempts.handback(call);
  expect(await farm.tasks.get(task.id)).toMatchObject({
    outcome: 'infrastructure-failure',
    cause: { hint: expect.stringContaining('not tried again') },
  });
  await expect(farm.submissions.retry(task.id, local)).rejects.toThrow('A shell is not tried again');
});

test('nor is an interactive build whose host is lost: those at its terminal were cut off', async () => {
  const { id } = await farm.build({ interactive: true });
  await farm.claim(id, one);
  farm.advance(LEASE_MS);
  await judge(farm.context, 0);
  expect(await farm.state(id)).toBe('infrastructure-failure');
  expect((await farm.tasks.get(id)).jobs[0]?.attempts).toHaveLength(1);
});

test('the time of its shell comes on top of that of an interactive build', async () => {
  const { id } = await farm.build({ interactive: true });
  const call = await farm.claim(id, one);
  expect(call.order).toMatchObject({ interactive: { wallMs: HOUR, silenceMs: 15 * MINUTE } });
  const { wallMs } = (call.order as { limits: { wallMs: number } }).limits;
  const beat = async (until: number) => {
    for (let spent = 0; spent < until; spent += 20_000) {
      farm.advance(20_000);
      await farm.attempts.heartbeat(call);
      if (spent % (30 * MINUTE) === 0)
        await farm.attempts.phase(call, { phase: 'build', event: 'begin', logOffset: 0 });
    }
    await judge(farm.context, 0);
  };
  await beat(wallMs + HOUR);
  expect(await farm.state(id)).toBe('running');
  await beat(2 * MINUTE);
  expect(await farm.state(id)).toBe('timeout');
});

test.each([
  ['a shell', 15 * MINUTE, () => shell()],
  ['the shell of a build that failed', HOUR, () => farm.build({ interactive: true })],
])(
  'what is typed in %s is known to its host alone: no silence there is judged from afar',
  async (_, silence, submit) => {
    const { id } = await submit();
    const call = await farm.claim(id, one);
    const stayQuiet = async (until: number) => {
      for (let spent = 0; spent < until; spent += 20_000) {
        farm.advance(20_000);
        await farm.attempts.heartbeat(call);
      }
      await judge(farm.context, 0);
    };
    await farm.attempts.phase(call, { phase: 'shell', event: 'begin', logOffset: 0 });
    await stayQuiet(silence + 25 * MINUTE);
    expect(await farm.state(id)).toBe('running');
    await farm.attempts.phase(call, { phase: 'shell', event: 'end', logOffset: 0 });
    await stayQuiet(silence + 2 * MINUTE);
    expect(await farm.state(id)).toBe('timeout');
  },
);

test('how a shell ended is kept with its attempt, also where that failed', async () => {
  const told: unknown[] = [];
  farm.context.events.onFact((fact) => fact.fact === 'attempt-ended' && told.push(fact.shell));
  const task = await shell();
  const success = { outcome: 'success', cause: null, build: null, publication: null } as const;
  await farm.attempts.result(await farm.claim(task.id, one), { ...success, shell: { status: 7, printed: 100 } });
  const other = await shell();
  const result = { ...failed('timeout'), shell: { status: null, printed: 20 } };
  await farm.attempts.result(await farm.claim(other.id, one), result);
  const kept = await Promise.all(
    [task, other].map(async ({ id }) => (await farm.tasks.get(id)).jobs[0]?.attempts[0]?.shell),
  );
  expect(kept).toEqual([
    { status: 7, printed: 100 },
    { status: null, printed: 20 },
  ]);
  expect(told).toEqual(kept);
});

test('only what a shell can look at is interactive', async () => {
  await expect(farm.build({ interactive: true, architectures: ['amd64', 'arm64'] })).rejects.toMatchObject({
    message: expect.stringContaining('one architecture'),
    hint: 'Name one of them with --architecture.',
  });
  const [instance] = farm.context.config.instances;
  for (const distribution of instance?.distributions ?? []) {
    if (distribution.format === 'deb') distribution.builder = 'cowbuilder';
  }
  await expect(farm.build({ interactive: true })).resolves.toMatchObject({ state: 'queued' });
});

test('a worker brings a shell only where one was asked for', async () => {
  const plain = await farm.claim((await farm.build()).id, one);
  await expect(farm.attempts.terminal(plain)).rejects.toMatchObject({ kind: 'conflict' });
  const task = await shell();
  const call = await farm.claim(task.id, one);
  expect(await farm.attempts.terminal(call)).toEqual({ task: task.id });
  await farm.attempts.result(call, failed('timeout'));
  await expect(farm.attempts.terminal(call)).rejects.toMatchObject({ kind: 'stale-fence' });
});
