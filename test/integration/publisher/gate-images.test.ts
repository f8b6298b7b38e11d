import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { RepositoryTarget, ResultRequest } from '@fatbuildr/domain';
import { makeTar } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { done } from './both-formats.ts';
import { storeBlobs } from './packages.ts';
import { type PublisherFarm, startPublisherFarm } from './publisher-farm.ts';

const PROGRAM = join(import.meta.dirname, '../../../deploy/gate/try-publication');
const repository: RepositoryTarget = {
  ...{ format: 'osi', distribution: 'images', derivatives: ['main'], architectures: ['amd64'] },
};

let directory: string;
let farm: PublisherFarm;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-gate-'));
  const gate = join(directory, 'try-publication');
  await copyFile(PROGRAM, gate);
  await chmod(gate, 0o755);
  farm = await startPublisherFarm({
    default: `name: Example
gpg: { name: Example, email: example@example.org }
architectures: [amd64]
formats: { osi: [{ name: images, gate: ${gate} }] }
`,
  });
  await done(farm, {
    ...{ kind: 'keyring', operation: 'create', instance: 'default', validityDays: 30, overlapDays: 0 },
    userId: { name: 'Example', email: 'example@example.org' },
    repositories: [repository],
  });
});
afterAll(async () => {
  await farm?.close();
  await rm(directory, { recursive: true, force: true });
});

async function publish(files: Record<string, Buffer>): Promise<ResultRequest> {
  const paths = Object.keys(files).map((name) => farm.within(`built/${name}`));
  await Promise.all(Object.values(files).map((content, index) => writeFile(paths[index] as string, content)));
  const refs = await storeBlobs(farm.within('state/blobs'), paths);
  const order = { kind: 'publish', instance: 'default', repository, derivative: 'main', files: refs } as const;
  return (await farm.api.submit(order)).over;
}

async function served(): Promise<string[]> {
  const text = await readFile(farm.within('registry/default/osi/images/main/SHA256SUMS'), 'utf8');
  return [...text.matchAll(/ {2}(.+)$/gm)].map(([, name]) => name ?? '');
}

/** Four kilobytes and more, with the header of a GUID partition table at `offset`. */
function disk(offset: number): Buffer {
  const bytes = Buffer.alloc(8192);
  bytes.write('EFI PART', offset);
  return bytes;
}

describe('the gate that comes along, on OS images', () => {
  test('lets pass what opens as what it is called', async () => {
    const tar = await makeTar({ 'usr/lib/os-release': 'ID=example\n' });
    const files = {
      'router_1.0.tar.gz': gzipSync(tar),
      'router_1.0.manifest': Buffer.from('{}'),
      'desktop_1.0.raw.zst': zstdCompressSync(disk(512)),
      'desktop_1.0.root-x86-64.raw': Buffer.from('a file system, no disk'),
      'large-sectors_1.0.raw': disk(4096),
    };
    expect(await publish(files)).toMatchObject({ outcome: 'success', cause: null });
    expect(await served()).toEqual(Object.keys(files).toSorted());
  });

  test.each([
    ['a tar that is cut off', 'router_2.0.tar.gz', gzipSync(Buffer.from('no tar')).subarray(0, -4), /gzip: |tar: /],
    ['a disk without partitions', 'desktop_2.0.raw', disk(1024), /it has no partition table/],
  ])('refuses %s; clients see what they saw', async (_, name, content, told) => {
    const before = await served();
    const { outcome, cause } = await publish({ [name]: content });
    expect(outcome).toBe('publish-failure');
    expect(cause?.message).toContain(`${name} of images does not open:`);
    expect(cause?.message).toMatch(told);
    expect(await served()).toEqual(before);
  });
});
