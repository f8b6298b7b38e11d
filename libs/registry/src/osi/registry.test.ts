import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { imageOf, imagesOf } from './checksums.ts';
import { openOsiRegistry } from './registry.ts';
import type { OsiRegistry, OsiSigner, OsiWriteStep } from './types.ts';

/** Signs by a digest that it checks again: what matters here is that verification is asked. */
const sum = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const signer: OsiSigner = {
  signDetached: async (data) => sum(data),
  async verifyDetached(data, signature) {
    if (signature !== sum(data)) throw new Error('bad signature');
  },
};
const repository = { instance: 'default', distribution: 'images', derivative: 'main' };

let dir: string;
let top: string;
let registry: OsiRegistry;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-osi-registry-'));
  top = join(dir, 'tree/default/osi/images/main');
  registry = await openOsiRegistry({ tree: join(dir, 'tree'), scratch: join(dir, 'scratch') });
});
afterEach(() => rm(dir, { recursive: true }));

async function file(name: string, content = name) {
  const from = join(dir, name);
  await writeFile(from, content);
  return { name, from, size: content.length, sha256: sum(content) };
}
const publish = async (names: string[], more = {}) =>
  registry.publish({ repository, add: await Promise.all(names.map((name) => file(name))), signer, ...more });
const served = async (name: string) => readFile(join(top, name), 'utf8');
const visible = async () => (await readdir(top)).toSorted();

test('one checksum file for all images, with its signature', async () => {
  await publish(['router_1.0.tar', 'router_1.0.manifest']);
  await publish(['desktop_2.1.raw']);
  const text = await served('SHA256SUMS');
  expect(text).toBe(
    ['desktop_2.1.raw', 'router_1.0.manifest', 'router_1.0.tar'].map((name) => `${sum(name)}  ${name}\n`).join(''),
  );
  expect(await served('SHA256SUMS.gpg')).toBe(sum(text));
  expect(await served('router_1.0.tar')).toBe('router_1.0.tar');
});

test('earlier versions stay until they are deleted', async () => {
  await publish(['router_1.0.tar']);
  await publish(['router_1.0+build2.tar', 'router_1.0+build2_arm64.tar']);
  expect(await registry.list(repository)).toEqual([
    { name: 'router', version: '1.0', architecture: null, files: ['router_1.0.tar'] },
    { name: 'router', version: '1.0+build2', architecture: null, files: ['router_1.0+build2.tar'] },
    { name: 'router', version: '1.0+build2', architecture: 'arm64', files: ['router_1.0+build2_arm64.tar'] },
  ]);
  await registry.publish({ repository, remove: [{ name: 'router', version: '1.0' }], signer });
  expect(await visible()).toEqual([
    ...['SHA256SUMS', 'SHA256SUMS.gpg', 'revisions', 'router_1.0+build2.tar', 'router_1.0+build2_arm64.tar'],
  ]);
  await registry.publish({ repository, remove: [{ name: 'router' }], signer });
  expect(await served('SHA256SUMS')).toBe('');
  const again = registry.publish({ repository, remove: [{ name: 'router' }], signer });
  await expect(again).rejects.toThrow('default/osi/images/main holds no image router');
});

test('the same again changes nothing, other content is refused', async () => {
  const first = await publish(['router_1.0.tar']);
  expect(await publish(['router_1.0.tar'])).toMatchObject({ revision: first.revision, changed: false });
  const other = await file('router_1.0.tar', 'other');
  await expect(registry.publish({ repository, add: [other], signer })).rejects.toThrow('with other content');
  expect(await served('router_1.0.tar')).toBe('router_1.0.tar');
});

test('published empty at first, and signed again when asked to', async () => {
  expect(await registry.publish({ repository, signer })).toMatchObject({ revision: 1, files: [] });
  expect(await served('SHA256SUMS')).toBe('');
  expect(await registry.publish({ repository, signer })).toMatchObject({ revision: 2, changed: true });
});

test('bytes that changed since they were handed in are not published', async () => {
  await publish(['router_1.0.tar']);
  const before = await served('SHA256SUMS');
  const changed = { ...(await file('router_2.0.tar')), sha256: sum('as it was') };
  await expect(registry.publish({ repository, add: [changed], signer })).rejects.toThrow('while copying');
  const liar = { ...signer, verifyDetached: () => Promise.reject(new Error('bad signature')) };
  await expect(publish(['router_3.0.tar'], { signer: liar })).rejects.toThrow('bad signature');
  const late = { commit: () => Promise.reject(new Error('cancelled')) };
  await expect(publish(['router_4.0.tar'], late)).rejects.toThrow('cancelled');
  expect(await served('SHA256SUMS')).toBe(before);
  await registry.recover(repository);
  expect(await visible()).toEqual(['SHA256SUMS', 'SHA256SUMS.gpg', 'revisions', 'router_1.0.tar']);
});

const steps: OsiWriteStep[] = ['files', 'checksums', 'verified', 'committed', 'head', 'rename-signature', 'done'];

test.each(steps)('a writer that dies at %s leaves the old repository or the new one', async (fatal) => {
  await publish(['router_1.0.tar']);
  const dies = (step: OsiWriteStep) => (step === fatal ? new Promise<never>(() => {}) : undefined);
  void publish(['router_2.0.tar'], { step: dies });
  await new Promise((resolve) => setTimeout(resolve, 150));
  const next = await openOsiRegistry({ tree: join(dir, 'tree'), scratch: join(dir, 'scratch') });
  await next.recover(repository);
  const isNew = ['head', 'rename-signature', 'done'].includes(fatal);
  const names = ['router_1.0.tar', ...(isNew ? ['router_2.0.tar'] : [])];
  const text = await served('SHA256SUMS');
  expect(text).toBe(names.map((name) => `${sum(name)}  ${name}\n`).join(''));
  expect(await served('SHA256SUMS.gpg')).toBe(sum(text));
  expect(await visible()).toEqual(['SHA256SUMS', 'SHA256SUMS.gpg', 'revisions', ...names]);
});

test('names are told apart into name, version and architecture', () => {
  expect(imageOf('router-os_1.0~rc1.root-x86-64.raw')).toEqual({
    name: 'router-os',
    version: '1.0~rc1',
    architecture: null,
  });
  expect(imageOf('a_b')).toBeUndefined();
  expect(imagesOf(['x_10.tar', 'x_9.tar']).map(({ version }) => version)).toEqual(['9', '10']);
});
