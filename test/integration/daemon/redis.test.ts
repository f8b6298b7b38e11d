import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, redisPart } from '@fatbuildr/daemon/src/redis.ts';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSite, type Site, startParts } from './helper.ts';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

async function withRedis<T>(use: (client: Redis) => Promise<T>): Promise<T> {
  const socket = site.config.redis.socket;
  const part = redisPart({ socket, directory: join(site.config.paths.state, 'redis') });
  const running = await startParts(site, [part]).daemon;
  const client = new Redis({ path: socket });
  try {
    return await use(client);
  } finally {
    client.disconnect();
    await running.stop();
  }
}

test('answers on its socket alone, as a queue needs it', async () => {
  const seen = await withRedis(async (client) => {
    const setting = async (name: string) => (await client.config('GET', name))[1];
    return {
      ping: await client.ping(),
      port: await setting('port'),
      policy: await setting('maxmemory-policy'),
      appendonly: await setting('appendonly'),
      appendfsync: await setting('appendfsync'),
      mode: ((await stat(site.config.redis.socket)).mode & 0o777).toString(8),
    };
  });
  expect(seen).toEqual({
    ping: 'PONG',
    port: '0',
    policy: 'noeviction',
    appendonly: 'yes',
    appendfsync: 'everysec',
    mode: '700',
  });
  expect(await answers(site.config.redis.socket)).toBe(false);
});

test('keeps what it holds over a restart', async () => {
  await withRedis((client) => client.set('ticket', '1'));
  expect(await readdir(join(site.config.paths.state, 'redis'))).not.toEqual([]);
  expect(await withRedis((client) => client.get('ticket'))).toBe('1');
});
