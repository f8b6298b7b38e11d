import { afterEach, beforeEach, expect, test } from 'vitest';
import { dispatch } from './dispatcher.ts';
import { fairOrder } from './fair-order.ts';
import type { QueuedJob } from './farm-state.ts';
import type { WorkerIdentity } from './services.ts';
import { type TestControl, testControl } from './test-control.ts';

function job(id: number, submitter: string, state = 'queued'): QueuedJob {
  const where = { instance: 'default', name: 'build:amd64', capability: 'c' };
  const rest = { task: `${id}`, ...where, priority: 50, notBefore: 0, ticketed: null };
  return { id: `${id}`, submitter, state, created: id, ...rest };
}

test('a thousand tasks of one submitter stand behind the first of another', () => {
  const many = Array.from({ length: 1000 }, (_, index) => job(index, 'A'));
  const [first, second] = fairOrder([...many, job(1000, 'B'), job(1001, 'B')]);
  expect([first?.submitter, second?.submitter]).toEqual(['A', 'B']);
  const running = [job(2000, 'A', 'running'), ...many, job(1000, 'B')];
  expect(fairOrder(running)[0]?.submitter).toBe('B');
});

test('submitters take turns until one has no more', () => {
  const jobs = [job(1, 'A'), job(2, 'A'), job(3, 'A'), job(4, 'B'), job(5, 'C'), job(6, 'B')];
  expect(fairOrder(jobs).map(({ submitter }) => submitter)).toEqual(['A', 'B', 'C', 'A', 'B', 'A']);
});

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const queue = 'default.deb.amd64';
const by = (name: string) => ({ submitter: { name, email: 'p@example.org' } });

async function submit(name: string): Promise<string> {
  farm.advance(1);
  return (await farm.build(by(name))).id;
}

/** The task whose job the worker gets next; undefined when there is no ticket. */
async function next(): Promise<string | undefined> {
  await dispatch(farm.context);
  const drawn = farm.tickets.draw(queue);
  return drawn && (await farm.attempts.claim(one, drawn)).task;
}

test('one slot: a newcomer waits for one turn of another at most, however many that one submitted', async () => {
  for (let count = 0; count < 50; count++) await submit('A');
  const running = await next();
  await dispatch(farm.context);
  const newcomer = await submit('B');
  await farm.tasks.cancel(running ?? '', { name: 'local' });
  const after = await next();
  await farm.tasks.cancel(after ?? '', { name: 'local' });
  expect(await next()).toBe(newcomer);
});

test('a token is one submitter, whoever it names in the changelog', async () => {
  const request = async (name: string) => farm.request(by(name));
  const token = { name: 'ci' };
  const first = await farm.submissions.build('default', await request('A'), token);
  farm.advance(1);
  await farm.submissions.build('default', await request('B'), token);
  const other = await submit('A');
  expect([await next(), await next()]).toEqual([first.id, other]);
});

test('an instance runs as many jobs as its limit; one that may not run holds up nobody', async () => {
  await farm.worker('one', { slots: 5 });
  farm.context.config.instances[0]!.limits = { running: 2 };
  const tasks = [await submit('A'), await submit('A'), await submit('A')];
  expect([await next(), await next(), await next()]).toEqual([tasks[0], tasks[1], undefined]);
  const words = 'Instance default runs 2 jobs already, and may run 2 at once.';
  expect(await farm.tasks.get(tasks[2] ?? '')).toMatchObject({ waiting: words, estimatedStart: null });
  await farm.tasks.cancel(tasks[0] ?? '', { name: 'local' });
  expect(await next()).toBe(tasks[2]);
});

test('a submitter runs as many jobs as its limit, others go on', async () => {
  await farm.worker('one', { slots: 5 });
  farm.context.config.limits.runningPerSubmitter = 1;
  const mine = [await submit('A'), await submit('A')];
  const other = await submit('B');
  expect([await next(), await next(), await next()]).toEqual([mine[0], other, undefined]);
  expect((await farm.tasks.get(mine[1] ?? '')).waiting).toBe(
    'Its submitter runs 1 job already, and may run 1 at once.',
  );
});

test('a ticket that is drawn when the limit is reached is refused, and the job waits on', async () => {
  await farm.worker('one', { slots: 5 });
  const tasks = [await submit('A'), await submit('A')];
  await dispatch(farm.context);
  farm.context.config.instances[0]!.limits = { running: 1 };
  expect(await next()).toBe(tasks[0]);
  await expect(next()).rejects.toMatchObject({ kind: 'claim-refused' });
  expect(await farm.state(tasks[1] ?? '')).toBe('queued');
});
