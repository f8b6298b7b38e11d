import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultRequest } from '@fatbuildr/domain';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SmallDisk, smallDisk } from '../registry/small-disk.ts';
import { repositories, startBothFormats } from './both-formats.ts';
import { storeBlobs } from './packages.ts';
import type { PublisherFarm } from './publisher-farm.ts';

let disk: SmallDisk;
let farm: PublisherFarm;
beforeAll(async () => {
  disk = await smallDisk();
  farm = await startBothFormats({ tree: join(disk.directory, 'tree') });
});
afterAll(async () => {
  await farm?.close();
  await disk?.remove();
});

async function publish(format: 'deb' | 'rpm'): Promise<ResultRequest> {
  const recipe = { name: 'hello', version: '1.0' };
  const built = format === 'deb' ? [await makeDeb(recipe)] : await makeRpm(recipe);
  const paths = (await putFiles(farm.within('built'), built)).map(({ path }) => path);
  const files = await storeBlobs(farm.within('state/blobs'), paths);
  const order = { kind: 'publish', instance: 'default', repository: repositories[format], derivative: 'main' } as const;
  return (await farm.api.submit({ ...order, files })).over;
}

test.each(['deb', 'rpm'] as const)(
  '%s: a publisher whose disk is full says so, and goes on when there is room',
  async (format) => {
    await disk.fill();
    expect(await publish(format)).toMatchObject({
      outcome: 'infrastructure-failure',
      cause: {
        message: 'the disk of the registry is full; what is published is as it was',
        hint: expect.stringContaining('make room'),
      },
    });
    expect(await readdir(join(disk.directory, 'tree/.incoming'))).toEqual([]);
    await disk.makeRoom();
    expect(await publish(format)).toMatchObject({ outcome: 'success', cause: null });
  },
);
