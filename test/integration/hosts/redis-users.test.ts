import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { passwordFile } from '@fatbuildr/queue';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type Host, type HostFarm, hostFarm } from './host-farm.ts';
import { answersTo, redisAs } from './redis-as.ts';

const REFUSED = /: (NOPERM|ERR)$/;
let farm: HostFarm;
let one: Host;
let two: Host;

beforeAll(async () => {
  farm = await hostFarm();
  one = await farm.join('one');
  two = await farm.join('two');
  await farm.equip();
});
afterAll(() => farm.stop());

test("a host's user of Redis reaches its own queues, and nothing else", async () => {
  const own = `fatbuildr:worker.${one.enrolment.worker}`;
  const foreign = `fatbuildr:worker.${two.enrolment.worker}`;
  const client = redisAs(one);
  const read = "return redis.call('LLEN', ARGV[1])";
  const allowed = [
    ['LLEN', `${own}:wait`],
    ['LLEN', 'fatbuildr:default.deb.amd64:wait'],
    ['EVAL', read, '0', `${own}:wait`],
  ];
  for (const answer of await answersTo(client, allowed)) expect(answer).toMatch(/: \d+$/);
  const refused = [
    ['LLEN', `${foreign}:wait`],
    ['DEL', `${foreign}:wait`],
    ['BZPOPMIN', `${foreign}:marker`, '1'],
    ['EVAL', read, '1', `${foreign}:wait`],
    ['LLEN', 'fatbuildr:publisher:wait'],
    ['GET', 'anything'],
    ...[['FLUSHALL'], ['FLUSHDB'], ['CONFIG', 'GET', '*'], ['KEYS', '*'], ['SCAN', '0'], ['RANDOMKEY'], ['DBSIZE']],
    ...[['ACL', 'LIST'], ['ACL', 'SETUSER', 'me', 'on'], ['SHUTDOWN'], ['MONITOR'], ['DEBUG', 'SLEEP', '1']],
    ...[
      ['SCRIPT', 'FLUSH'],
      ['FUNCTION', 'FLUSH'],
      ['CLIENT', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
    ],
    ...[
      ['SUBSCRIBE', 'any'],
      ['PUBLISH', 'any', 'thing'],
      ['REPLICAOF', '127.0.0.1', '1'],
      ['SWAPDB', '0', '1'],
    ],
  ];
  for (const answer of await answersTo(client, refused)) expect(answer).toMatch(/: (NOPERM|ERR)$/);
  // The script names a foreign key without declaring it.
  expect(await answersTo(client, [['EVAL', read, '0', `${foreign}:wait`]])).toEqual([
    expect.stringMatching(/: (NOPERM|ERR)$/),
  ]);
  client.disconnect();
});

test('nobody is the default user, no password but the right one will do, and there is no plain TCP', async () => {
  const nobody = redisAs(one, { username: '', password: '' });
  expect(await answersTo(nobody, [['PING']])).toEqual([expect.stringMatching(/^PING: NOAUTH/)]);
  nobody.disconnect();
  const secretOfApi = redisAs(one, { password: one.secret });
  expect(await answersTo(secretOfApi, [['PING']])).not.toContain('PING: PONG');
  secretOfApi.disconnect();
  const plain = new Redis({ port: farm.redisPort, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  plain.on('error', () => {});
  expect(await answersTo(plain, [['PING']])).not.toContain('PING: PONG');
  plain.disconnect();
});

test("the publisher's user reaches the queue of the publisher, and no other", async () => {
  const password = (await readFile(passwordFile(join(farm.directory, 'farm/state/redis'), 'publisher'), 'utf8')).trim();
  const client = redisAs(one, { username: 'publisher', password });
  expect(await answersTo(client, [['LLEN', 'fatbuildr:publisher:wait']])).toEqual([expect.stringMatching(/: \d+$/)]);
  const refused = [
    ['LLEN', 'fatbuildr:default.deb.amd64:wait'],
    ['DEL', 'fatbuildr:default.deb.amd64:wait'],
    ['LLEN', `fatbuildr:worker.${one.enrolment.worker}:wait`],
    ['FLUSHALL'],
    ['ACL', 'LIST'],
    ['CONFIG', 'GET', '*'],
  ];
  for (const answer of await answersTo(client, refused)) expect(answer).toMatch(REFUSED);
  client.disconnect();
});

test('while both hosts build, none of them can look into what is not its own', async () => {
  const client = redisAs(one);
  const tasks: { id: string }[] = [];
  for (let number = 0; number < 10; number++) tasks.push(await submit(farm.client, { artifact: `load${number}` }));
  const ended = Promise.all(tasks.map((task) => farm.ended(task)));
  let over = false;
  void ended.finally(() => {
    over = true;
  });
  const foreign = `fatbuildr:worker.${two.enrolment.worker}`;
  let asked = 0;
  while (!over) {
    const commands = [
      ['LLEN', `${foreign}:wait`],
      ['HGETALL', 'fatbuildr:publisher:meta'],
      ['LRANGE', 'fatbuildr:publisher:wait', '0', '-1'],
      ['EVAL', "return redis.call('LLEN', ARGV[1])", '0', 'fatbuildr:publisher:wait'],
    ];
    for (const answer of await answersTo(client, commands)) expect(answer).toMatch(REFUSED);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(10);
  expect((await ended).map(({ outcome }) => outcome)).toEqual(tasks.map(() => 'success'));
  client.disconnect();
});
