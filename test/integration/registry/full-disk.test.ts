import { readdir } from 'node:fs/promises';
import type { WriteStep } from '@fatbuildr/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AFTER, BEFORE } from './errand.ts';
import { servedRegistry } from './farm.ts';
import { seenOverHttp } from './http-client.ts';
import { servedRpmRegistry } from './rpm-farm.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

const VERSIONS = { deb: '1', rpm: '1-1' };
const FARMS = { deb: servedRegistry, rpm: servedRpmRegistry };

describe.each(['deb', 'rpm'] as const)('%s: a disk that is full from a step on', (format) => {
  let disk: SmallDisk;
  let farm: Awaited<ReturnType<(typeof FARMS)[typeof format]>>;
  beforeAll(async () => {
    disk = await smallDisk();
    farm = await FARMS[format]({ judged: false, below: disk.directory });
  });
  afterAll(async () => {
    await farm?.close();
    await disk.remove();
  });

  test('keeps the repository as it is, leaves nothing behind, and says what to do', { timeout: 120_000 }, async () => {
    const { repository, keyring, registry } = farm;
    const seen = () => seenOverHttp(repository, 'main', keyring);
    for (const [index, step] of [...BEFORE, ...AFTER[format]].entries()) {
      const before = await seen();
      const packages = await farm.ingest({ name: `p${index}`, version: '1' });
      const task = `full at ${step}`;
      const fillAt = async (each: WriteStep) => {
        if (each === step) await disk.fill();
      };
      const failure = await farm.publish(packages, { task, step: fillAt }).then(
        () => null,
        (error: unknown) => error,
      );
      const moved = AFTER[format].includes(step);
      if (!moved || failure !== null) {
        expect(failure, `at ${step}`).toMatchObject({
          outcome: 'infrastructure-failure',
          message: expect.stringContaining(moved ? 'is made, but clients could not be given it' : 'the disk of the'),
          hint: expect.stringContaining('make room'),
        });
        expect(await seen(), `at ${step}`).toEqual(before);
      }
      expect(await readdir(registry.scratch), `at ${step}`).toEqual([]);

      await disk.makeRoom();
      expect(await farm.publish(packages, { task }), `at ${step}`).toMatchObject({ changed: true });
      expect(await seen(), `at ${step}`).toEqual([...before, `p${index} ${VERSIONS[format]}`].toSorted());
      const made = registry.publications({ ...repository, limit: 2 });
      expect(made.map(({ tasks }) => tasks.includes(task))).toEqual([true, false]);
    }
    await farm.judge();
  });
});
