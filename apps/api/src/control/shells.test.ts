import { afterEach, beforeEach, expect, test } from 'vitest';
import { judge } from './leases.ts';
import type { WorkerIdentity } from './services.ts';
import { failed, local, type TestControl, testControl } from './test-control.ts';
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

const shell = () => farm.submissions.shell('default', { format: 'deb' }, local);

test('a shell is a job of one host that holds the image or environment, with a time of its own', async () => {
  const task = await shell();
  expect(task).toMatchObject({ kind: 'shell', message: null });
  const call = await farm.claim(task.id, one);
  expect((await farm.tasks.get(task.id)).jobs[0]?.name).toBe('shell:deb@one');
  const limits = { wallMs: HOUR, silenceMs: 15 * MINUTE };
  expect(call.order).toMatchObject({ kind: 'shell', environment: null, command: null, limits });

  const request = { format: 'deb', distribution: 'bookworm', command: ['top', '-c'] } as const;
  const other = await farm.submissions.shell('default', { ...request, command: [...request.command] }, local);
  expect(other.message).toBe('top -c');
  const { order } = await farm.claim(other.id, one);
  expect(order).toMatchObject({ environment: { name: 'bookworm' }, command: ['top', '-c'] });
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

test('only what a shell can look at is interactive', async () => {
  await expect(farm.build({ interactive: true, architectures: ['amd64', 'arm64'] })).rejects.toMatchObject({
    message: expect.stringContaining('one architecture'),
    hint: 'Name one of them with --architecture.',
  });
  const [instance] = farm.context.config.instances;
  for (const distribution of instance?.distributions ?? []) {
    if (distribution.format === 'deb') distribution.builder = 'cowbuilder';
  }
  await expect(farm.build({ interactive: true })).rejects.toThrow(
    'cowbuilder, which builds for bookworm, leaves nothing',
  );
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
