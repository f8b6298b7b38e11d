import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@fatbuildr/domain';
import { openPuller, openTickets, type Puller, type Tickets } from '@fatbuildr/queue';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OwnRedis, ownRedis } from './redis-server.ts';

let redis: OwnRedis;
let tickets: Tickets;
const pullers: Puller[] = [];
const quiet = () => undefined;
const never = new AbortController().signal;

function puller(...queues: string[]): Puller {
  const opened = openPuller({ redis: redis.url, queues, onError: quiet });
  pullers.push(opened);
  return opened;
}

async function redisCommand(...command: [string, ...string[]]): Promise<unknown> {
  const client = new Redis(redis.url.slice('unix://'.length));
  try {
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
}

beforeEach(async () => {
  redis = ownRedis();
  await redis.start();
  tickets = openTickets({ redis: redis.url, onError: quiet });
});
afterEach(async () => {
  for (const opened of pullers.splice(0)) await opened.close();
  await tickets.close();
  await redis.remove();
});

test('a ticket issued twice is drawn once, and after it is complete the same id may come again', async () => {
  const job = newId();
  await tickets.issue('default.deb.amd64', job);
  await tickets.issue('default.deb.amd64', job);
  expect(await tickets.waiting('default.deb.amd64')).toEqual([job]);

  const drawing = puller('default.deb.amd64');
  const first = await drawing.next(never);
  expect(first.jobId).toBe(job);
  expect(await tickets.waiting('default.deb.amd64')).toEqual([]);
  await first.complete();
  await tickets.issue('default.deb.amd64', job);
  const second = await drawing.next(never);
  expect(second.jobId).toBe(job);
  await second.complete();
  expect(await redisCommand('KEYS', `*:${job}*`)).toEqual([]);
});

test('an idle puller is woken at once, whichever queue the ticket is in', async () => {
  const drawing = puller('default.deb.amd64', 'worker.x', 'publisher');
  for (const queue of ['publisher', 'worker.x', 'default.deb.amd64']) {
    const next = drawing.next(never);
    await delay(700);
    const issued = performance.now();
    await tickets.issue(queue, newId());
    const drawn = await next;
    expect(performance.now() - issued).toBeLessThan(1000);
    await drawn.complete();
  }
});

test('every ticket goes to one puller, and queues are served in turn', async () => {
  for (const job of ['a1', 'a2', 'a3']) await tickets.issue('a', job);
  await tickets.issue('b', 'b1');
  const [one, two] = [puller('a', 'b'), puller('a', 'b')];
  const drawn: string[] = [];
  for (const drawing of [one, one, two, two]) {
    const ticket = await drawing.next(never);
    drawn.push(ticket.jobId);
    await ticket.complete();
  }
  expect(drawn.slice(0, 2)).toEqual(['a1', 'b1']);
  expect(drawn.toSorted()).toEqual(['a1', 'a2', 'a3', 'b1']);
});

test('waiting ends when asked to', async () => {
  const stop = new AbortController();
  const next = puller('a').next(stop.signal);
  await delay(50);
  stop.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});

test('after FLUSHALL tickets that are issued again arrive', async () => {
  await tickets.issue('a', 'lost');
  await redisCommand('FLUSHALL');
  expect(await tickets.waiting('a')).toEqual([]);
  const next = puller('a').next(never);
  await delay(100);
  await tickets.reissue('a', 'lost');
  expect((await next).jobId).toBe('lost');
});

test('a ticket drawn by a puller that died is issued again once its lock is gone', async () => {
  await tickets.issue('a', 'orphan');
  const dying = puller('a');
  await dying.next(never);
  await tickets.reissue('a', 'orphan');
  expect(await tickets.waiting('a')).toEqual([]);
  await redisCommand('DEL', 'fatbuildr:a:orphan:lock');
  await tickets.reissue('a', 'orphan');
  expect((await puller('a').next(never)).jobId).toBe('orphan');
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`an idle puller goes on by itself after Redis was away (${signal})`, async () => {
    const drawing = puller('a', 'b');
    const next = drawing.next(never);
    let connected = 0;
    tickets.onConnected(() => connected++);
    await delay(200);
    await redis.stop(signal);
    expect(await tickets.ping()).toBe(false);
    const issued = tickets.issue('b', 'late');
    await delay(1000);
    await redis.start();
    await issued;
    const drawn = await next;
    expect(drawn.jobId).toBe('late');
    await drawn.complete();
    expect(connected).toBeGreaterThan(0);
    const again = drawing.next(never);
    await tickets.issue('a', 'more');
    expect((await again).jobId).toBe('more');
  });
}

test('a puller that starts before Redis waits for it', async () => {
  await redis.stop();
  const next = puller('a').next(never);
  await delay(300);
  await redis.start();
  await tickets.issue('a', 'first');
  expect((await next).jobId).toBe('first');
});

test('an idle puller does not spin', async () => {
  const stop = new AbortController();
  const next = puller('a', 'b', 'c').next(stop.signal);
  next.catch(quiet);
  await delay(500);
  const before = await commands();
  await delay(2000);
  expect((await commands()) - before).toBeLessThan(100);
  stop.abort();
});

async function commands(): Promise<number> {
  const info = String(await redisCommand('INFO', 'stats'));
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
}

test('both sides close while Redis is away', async () => {
  const drawing = puller('a', 'b');
  const next = drawing.next(never);
  const ended = next.catch((error: Error) => error.message);
  await tickets.issue('c', 'x');
  await delay(200);
  await redis.stop();
  const closing = Promise.all([drawing.close(), tickets.close()]).then(() => 'closed');
  expect(await Promise.race([closing, delay(3000, 'hangs')])).toBe('closed');
  expect(await ended).toBe('The puller was closed.');
  pullers.length = 0;
});
