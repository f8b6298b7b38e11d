import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type AptClient, aptClient } from '../registry/apt-client.ts';

const PUBLICATIONS = 60;
const UPDATES = 200;
const CLIENTS = 3;
/** Leaves the farm some of the processor. */
const PAUSE_MS = 200;

let redis: TestRedis;
let farm: Farm;
let clients: AptClient[];

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url });
  const sources = await (await fetch(`${farm.url}/default/deb/bookworm.sources`)).text();
  clients = await Promise.all(Array.from({ length: CLIENTS }, () => aptClient(sources)));
});

afterAll(async () => {
  await Promise.all((clients ?? []).map((client) => client.remove()));
  await farm?.stop();
  await redis?.stop();
});

test(`${UPDATES} times apt-get update while ${PUBLICATIONS} publications are made: none fails`, {
  timeout: 600_000,
}, async () => {
  let published = 0;
  let updates = 0;
  const failures: string[] = [];

  const publish = async () => {
    for (let number = 1; number <= PUBLICATIONS; number++) {
      const task = await farm.ended(await submit(farm.client, { artifact: `racer${number}` }));
      if (task.outcome !== 'success') throw new Error(`racer${number}: ${task.outcome}: ${task.cause?.message}`);
      published++;
    }
  };
  const poll = async (client: AptClient) => {
    while (published < PUBLICATIONS || updates < UPDATES) {
      updates++;
      await client.update().catch((error: unknown) => failures.push(String(error)));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all([publish(), ...clients.map(poll)]);

  expect(failures).toEqual([]);
  expect(updates).toBeGreaterThanOrEqual(UPDATES);
  console.log(`${updates} updates during ${published} publications, ${failures.length} failures`);
  // and what they saw in the end is everything
  const [client] = clients;
  await client?.update();
  const names = await client?.run('apt-cache', 'pkgnames', 'racer');
  expect(names?.trim().split('\n')).toHaveLength(PUBLICATIONS);
});
