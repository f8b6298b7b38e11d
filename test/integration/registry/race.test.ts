import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptClient, aptClient } from './apt-client.ts';
import { type ServedRegistry, servedRegistry } from './farm.ts';

const CLIENTS = 4;
const UPDATES = 20;
const PUBLICATIONS = 10;

let farm: ServedRegistry;
let clients: AptClient[];

beforeAll(async () => {
  farm = await servedRegistry({ judged: false });
  const sources = await farm.sources();
  clients = await Promise.all(Array.from({ length: CLIENTS }, () => aptClient(sources)));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.remove()));
  await farm.close();
});

test('apt-get update never fails while publications follow one another', async () => {
  const packages = await farm.ingest(
    ...Array.from({ length: PUBLICATIONS }, (_, index) => ({ name: 'hello', version: String(index + 1) })),
  );
  let publishing = true;
  let updates = 0;
  let during = 0;
  const publisher = (async () => {
    for (const each of packages) {
      // As many updates go by in between as make the whole last as long as they do.
      const next = updates + UPDATES / PUBLICATIONS;
      await farm.publish([each]);
      while (publishing && updates < next) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    publishing = false;
  })();
  const loops = clients.map(async (client) => {
    try {
      while (publishing) {
        await client.update();
        updates += 1;
        if (publishing) during += 1;
      }
    } finally {
      publishing = false;
    }
    await client.update();
    expect(await client.versions('hello')).toHaveLength(PUBLICATIONS);
  });
  await Promise.all([publisher, ...loops]);
  await farm.judge();
  expect(during).toBeGreaterThanOrEqual(UPDATES - CLIENTS);
});
