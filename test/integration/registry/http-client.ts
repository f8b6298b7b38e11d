import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parseDeb822 } from '@fatbuildr/domain';
import type { Repository } from '@fatbuildr/registry';
import type { Keyring } from '@fatbuildr/signing';
import { expect } from 'vitest';

/**
 * The packages that a client sees in a derivative, as `name version`, after all the checks that clients make; and each
 * one can be fetched. For the first architecture.
 */
export function seenOverHttp(repository: Repository, derivative: string, keyring: Keyring): Promise<string[]> {
  const { baseUrl, instance, distribution, architectures } = repository;
  const [architecture = ''] = architectures;
  if (repository.format === 'rpm') {
    return seenByDnf(`${baseUrl}/${instance}/rpm/${distribution}/${derivative}/${architecture}/mirrorlist`, keyring);
  }
  return seenByApt(`${baseUrl}/${instance}/deb/`, distribution, `${derivative}/binary-${architecture}`, keyring);
}

async function seenByApt(root: string, distribution: string, directory: string, keyring: Keyring): Promise<string[]> {
  const dists = new URL(`dists/${distribution}/`, root);
  const release = await keyring.verifyCleartext((await get('InRelease', dists)).toString());
  const listed = parseDeb822(release)[0]?.get('SHA256') ?? '';
  const digest = new RegExp(`([0-9a-f]{64}) +\\d+ ${directory}/Packages.gz$`, 'm').exec(listed)?.[1];
  const packed = await get(`${directory}/by-hash/SHA256/${digest}`, dists);
  expect(createHash('sha256').update(packed).digest('hex')).toBe(digest);
  const packages = parseDeb822(gunzipSync(packed).toString());
  for (const each of packages) await get(each.get('Filename') ?? '', root);
  return packages.map((each) => `${each.get('Package')} ${each.get('Version')}`).sort();
}

async function seenByDnf(mirrorList: string, keyring: Keyring): Promise<string[]> {
  const [mirror = ''] = (await get(mirrorList)).toString().split('\n');
  const head = await get('repodata/repomd.xml', mirror);
  await keyring.verifyDetached(head, (await get('repodata/repomd.xml.asc', mirror)).toString());
  const list = /href="(repodata\/[0-9a-f]+-primary\.xml\.gz)"/.exec(head.toString())?.[1] as string;
  const primary = gunzipSync(await get(list, mirror)).toString();
  for (const [, href = ''] of primary.matchAll(/<location href="([^"]+)"/g)) {
    expect((await get(href, mirror)).subarray(0, 4).toString('hex')).toBe('edabeedb');
  }
  const packages = primary.matchAll(/<name>([^<]+)[^]*?ver="([^"]+)" rel="([^"]+)"/g);
  return [...packages].map(([, name, version, release]) => `${name} ${version}-${release}`).sort();
}

async function get(path: string, base?: string | URL): Promise<Buffer> {
  const response = await fetch(new URL(path, base));
  expect([path, response.status]).toEqual([path, 200]);
  return Buffer.from(await response.arrayBuffer());
}
