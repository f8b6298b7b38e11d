import { openRegistry } from '@fatbuildr/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AFTER, BEFORE, sendToDie } from './errand.ts';
import { seenOverHttp } from './http-client.ts';
import { type ServedRpmRegistry, servedRpmRegistry } from './rpm-farm.ts';

let farm: ServedRpmRegistry;
beforeAll(async () => {
  farm = await servedRpmRegistry({ judged: false });
});
afterAll(() => farm.close());

test('a writer that dies at any step leaves the old repository or the new one, and the next one goes on', async () => {
  for (const [index, step] of [...BEFORE, ...AFTER.rpm].entries()) {
    const { paths, repository, keyring } = farm;
    const seen = () => seenOverHttp(repository, 'main', keyring);
    const before = await seen();
    const name = `p${String(index).padStart(2, '0')}`;
    const packages = (await farm.ingest({ name, version: '1' })).filter(({ kind }) => kind === 'binary');
    const works = [{ task: `died at ${step}`, add: packages, derivative: 'main' }];
    await sendToDie(farm.dir, { paths, repository, works, step });
    const after = [...before, `${name} 1-1`];
    expect([before, after], `after ${step}`).toContainEqual(await seen());

    const next = openRegistry({ ...paths, signerFor: async () => keyring, spacingMs: 0 });
    const { finished, forgotten } = await next.recover();
    const moved = AFTER.rpm.includes(step);
    expect(await seen(), `recovered from ${step}`).toEqual(moved ? after : before);
    if (!moved && BEFORE.indexOf(step) >= BEFORE.indexOf('signatures')) expect(forgotten).toBe(1);
    if (step === 'head') expect(finished).toBe(1);
    expect(await next.recover()).toEqual({ finished: 0, forgotten: 0 });
    next.close();
    await farm.publish(packages);
    expect(await seen()).toEqual(after);
    expect(farm.registry.list({ ...repository, name })).toHaveLength(1);
  }
  await farm.judge();
}, 120_000);
