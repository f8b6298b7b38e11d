import { startFarm } from '@fatbuildr/testing/farm';
import { startRedis } from '@fatbuildr/testing/redis';
import { expect } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type AptClient, aptClient } from '../registry/apt-client.ts';

const CLIENTS = 3;
/** Leaves the farm some of the processor. */
const PAUSE_MS = 200;

/** So many builds are submitted to a whole farm and published, one after the other, while clients update. */
export async function expectNoFailedUpdate({
  publications,
  updates: wanted,
}: {
  publications: number;
  updates: number;
}): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const farm = await startFarm({ redis: redis.url });
  stack.defer(() => farm.stop());
  const sources = await (await fetch(`${farm.url}/default/deb/bookworm.sources`)).text();
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => aptClient(sources)));
  for (const client of clients) stack.defer(() => client.remove());
  let published = 0;
  let updates = 0;
  const failures: string[] = [];

  const publish = async () => {
    for (let number = 1; number <= publications; number++) {
      const task = await farm.ended(await submit(farm.client, { artifact: `racer${number}` }));
      if (task.outcome !== 'success') throw new Error(`racer${number}: ${task.outcome}: ${task.cause?.message}`);
      published++;
    }
  };
  const poll = async (client: AptClient) => {
    while (published < publications || updates < wanted) {
      updates++;
      await client.update().catch((error: unknown) => failures.push(String(error)));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all([publish(), ...clients.map(poll)]);

  expect(failures).toEqual([]);
  expect(updates).toBeGreaterThanOrEqual(wanted);
  console.log(`${updates} updates during ${published} publications, ${failures.length} failures`);
  // and what they saw in the end is everything
  const [client] = clients;
  await client?.update();
  const names = await client?.run('apt-cache', 'pkgnames', 'racer');
  expect(names?.trim().split('\n')).toHaveLength(publications);
}
