import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestedPackage } from '@fatbuildr/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dnf } from './dnf-client.ts';
import { type ServedRpmRegistry, servedRpmRegistry } from './rpm-farm.ts';

const ROUNDS = 12;

let farm: ServedRpmRegistry;
let always: IngestedPackage[];
let sometimes: IngestedPackage[];
beforeAll(async () => {
  farm = await servedRpmRegistry({ judged: false });
  always = await farm.ingest({ name: 'always', version: '1' });
  sometimes = await farm.ingest({ name: 'sometimes', version: '1' });
  await farm.publish(always);
});
afterAll(() => farm.close());

test('dnf never meets a broken repository while packages come and go', async () => {
  const root = await mkdtemp(join(farm.dir, 'dnf-'));
  const stop = new AbortController();
  const publishing = (async () => {
    for (;;) {
      if (stop.signal.aborted) return;
      await farm.publish(sometimes);
      await farm.publish([], { changes: { remove: [{ name: 'sometimes' }] } });
    }
  })();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const said = await dnf(farm, root, 'repoquery', '--refresh', '--quiet', '--queryformat', '%{name}');
      // It ends well without a repository too: what counts is what it saw.
      expect(said.trim().split('\n')).toContain('always');
    }
  } finally {
    stop.abort();
    await publishing;
  }
  await farm.judge();
  const { length } = farm.registry.publications({
    format: 'rpm',
    instance: 'default',
    distribution: 'el9',
    limit: 10_000,
  });
  expect(length).toBeGreaterThan(ROUNDS);
});
