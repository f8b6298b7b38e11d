import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptClient, aptClient } from './apt-client.ts';
import { AFTER, BEFORE, sendToDie } from './errand.ts';
import { type ServedRegistry, servedRegistry } from './farm.ts';

let farm: ServedRegistry;
let client: AptClient;

beforeAll(async () => {
  farm = await servedRegistry({ judged: false });
  client = await aptClient(await farm.sources());
});
afterAll(async () => {
  await client.remove();
  await farm.close();
});

test.each([...BEFORE, ...AFTER.deb].map((step, index) => [step, index + 1] as const))(
  'killed at "%s", the repository is the old one or the new one, and the next process settles it',
  async (step, version) => {
    const packages = await farm.ingest({ name: 'hello', version: String(version) });
    const { paths, repository } = farm;
    const works = [{ task: `died at ${step}`, add: packages, derivative: 'main' }];
    await sendToDie(farm.dir, { paths, repository, works, step });

    const all = Array.from({ length: version }, (_, index) => String(version - index));
    const old = all.slice(1);
    await client.update();
    const seen = await client.versions('hello');
    expect([old, all]).toContainEqual(seen);

    const moved = AFTER.deb.includes(step);
    const registry = farm.reopen();
    await registry.recover();
    await client.update();
    expect(await client.versions('hello')).toEqual(moved ? all : old);
    expect(await registry.recover()).toEqual({ finished: 0, forgotten: 0 });

    const again = await farm.publish(packages);
    expect(again.changed).toBe(!moved);
    await client.update();
    expect(await client.versions('hello')).toEqual(all);
    await farm.judge();
  },
);
