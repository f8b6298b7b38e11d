import { openRegistry, type Registry, type Repository } from '@fatbuildr/registry';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AFTER, BEFORE, doWork, sendToDie, type Work } from './errand.ts';
import { servedRegistry } from './farm.ts';
import { seenOverHttp } from './http-client.ts';
import { servedRpmRegistry } from './rpm-farm.ts';

const FARMS = { deb: servedRegistry, rpm: servedRpmRegistry };

describe.each(['deb', 'rpm'] as const)('%s: a writer that dies at any step', (format) => {
  let farm: Awaited<ReturnType<(typeof FARMS)[typeof format]>>;
  let repository: Repository;
  beforeAll(async () => {
    farm = await FARMS[format]({ judged: false });
    repository = farm.repository;
  });
  afterAll(() => farm.close());
  afterEach(() => farm.judge());

  const seen = async () => ({
    main: await seenOverHttp(repository, 'main', farm.keyring),
    extra: await seenOverHttp(repository, 'extra', farm.keyring),
  });
  /** As the next process would. */
  async function settle<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
    const next = openRegistry({ ...farm.paths, signerFor: async () => farm.keyring, spacingMs: 0 });
    try {
      await next.recover();
      return await work(next);
    } finally {
      next.close();
    }
  }

  /** Lets a writer die with its works at a step; then they are asked for again, twice. */
  async function dieAndGoOn(works: Work[], step: Parameters<typeof sendToDie>[1]['step']) {
    const before = await seen();
    const revision = farm.registry.revisions(repository)?.current ?? 0;
    await sendToDie(farm.dir, { paths: farm.paths, repository, works, step });
    const dead = await seen();
    const results = await settle(async (registry) => {
      const first = await Promise.all(works.map((work) => doWork(registry, repository, work)));
      expect(await Promise.all(works.map((work) => doWork(registry, repository, work)))).toEqual(first);
      return first;
    });
    const after = await seen();
    // What was served at any time is the whole of the old or of the new, in each derivative.
    for (const derivative of ['main', 'extra'] as const) {
      expect([before[derivative], after[derivative]], `${derivative} after ${step}`).toContainEqual(dead[derivative]);
    }
    const made = farm.registry.publications({ ...repository }).filter((each) => each.revision > revision);
    expect(made.flatMap(({ tasks }) => tasks).sort(), `tasks after ${step}`).toEqual(
      works.map(({ task }) => task).sort(),
    );
    return { after, results };
  }

  const steps = [...BEFORE, ...AFTER[format]].map((step, index) => [step, index] as const);

  test('two changes that come together come both, and once', { timeout: 180_000 }, async () => {
    for (const [step, index] of steps) {
      const works: Work[] = [];
      for (const name of ['left', 'right']) {
        const add = await farm.ingest({ name: `${name}${index}`, version: '1' });
        works.push({ task: `${name} ${step}`, add, derivative: 'main' });
      }
      const { after, results } = await dieAndGoOn(works, step);
      expect(after.main.filter((each) => new RegExp(`^(left|right)${index} `).test(each))).toHaveLength(2);
      expect(results.map(({ added }) => new Set(added.map(({ name }) => name)))).toEqual([
        new Set([`left${index}`]),
        new Set([`right${index}`]),
      ]);
    }
  });

  test('a promotion and a rollback come once', { timeout: 180_000 }, async () => {
    for (const [step, index] of steps) {
      const name = `promoted${index}`;
      await farm.publish(await farm.ingest({ name, version: '1' }));
      const revision = farm.registry.revisions(repository)?.current ?? 0;
      const from = { distribution: repository.distribution, derivative: 'main', selectors: [{ name }] };
      const promoted = await dieAndGoOn([{ task: `promote ${step}`, promote: from, derivative: 'extra' }], step);
      expect(promoted.after.extra).toEqual([expect.stringContaining(name)]);
      const back = await dieAndGoOn([{ task: `back ${step}`, rollback: revision }], step);
      expect(back.after.extra).toEqual([]);
      expect(back.results[0]?.removed.map((each) => each.name)).toContain(name);
    }
  });
});
