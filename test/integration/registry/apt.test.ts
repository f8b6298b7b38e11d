import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renewKeyring } from '@fatbuildr/signing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AptClient, aptClient } from './apt-client.ts';
import { type ServedRegistry, servedRegistry } from './farm.ts';

let farm: ServedRegistry;
let client: AptClient;

beforeAll(async () => {
  farm = await servedRegistry();
  client = await aptClient(await farm.sources());
});
afterAll(async () => {
  await client.remove();
  await farm.close();
});

describe('apt, with signatures checked,', () => {
  test('accepts a repository that never had a package', async () => {
    expect(await client.update()).not.toMatch(/^[WE]:/m);
  });

  test('installs what was published, and the source too', async () => {
    const packages = await farm.ingest(
      { name: 'hello', version: '2.10-1.deb12+build2', control: 'Depends: hello-data\n' },
      { name: 'hello', version: '2.10-1.deb12' },
      { name: 'hello-data', version: '1:2~rc1', architecture: 'all', control: 'Source: hello (2.10-1.deb12)\n' },
    );
    await farm.publish([...packages, ...(await farm.ingestSource({ name: 'hello', version: '2.10-1.deb12' }))]);
    await client.update();
    expect(await client.versions('hello')).toEqual(['2.10-1.deb12+build2', '2.10-1.deb12']);
    const policy = await client.run('apt-cache', 'policy');
    expect(policy).toContain('o=Example Farm,a=bookworm,n=bookworm,l=Example Farm,c=main,b=amd64');

    await client.run('apt-get', 'install', '--yes', '--download-only', 'hello');
    const archives = join(client.dir, 'var/cache/apt/archives');
    for (const { name, version, digest } of packages.filter(({ version }) => version !== '2.10-1.deb12')) {
      const [file] = execFileSync('sh', ['-c', `ls ${archives}/${name}_*`])
        .toString()
        .split('\n');
      expect(
        execFileSync('dpkg-deb', ['--field', file as string, 'Version'])
          .toString()
          .trim(),
      ).toBe(version);
      expect(execFileSync('sha256sum', [file as string]).toString()).toContain(digest);
    }
    await farm.judge('hello', 'hello-data');
    await client.run('apt-get', 'source', '--download-only', 'hello=2.10-1.deb12');
    expect(await readFile(join(client.dir, 'hello_2.10-1.deb12.dsc'), 'utf8')).toContain('Source: hello');
  });

  test('sees a package no more once it is deleted', async () => {
    await farm.publish(await farm.ingest({ name: 'gone', version: '1' }));
    await client.update();
    expect(await client.versions('gone')).toEqual(['1']);
    await farm.publish([], { changes: { remove: [{ source: 'gone' }] } });
    await client.update();
    expect(await client.versions('gone')).toEqual([]);
  });

  test('refuses an InRelease that somebody changed, and so does verification', async () => {
    const packages = await farm.ingest({ name: 'tampered', version: '1' });
    const dists = join(farm.paths.tree, 'default/deb/dists/bookworm');
    const revision =
      farm.registry.publications({ format: 'deb', instance: 'default', distribution: 'bookworm' })[0]?.revision ?? 0;
    const tamper = async (step: string) => {
      if (step !== 'signatures') return;
      const path = join(dists, 'by-revision', String(revision + 1), 'InRelease');
      await writeFile(path, (await readFile(path, 'utf8')).replace('Label: Example', 'Label: Another'));
    };
    await expect(farm.publish(packages, { step: tamper })).rejects.toMatchObject({ outcome: 'publish-failure' });
    await client.update();
    expect(await client.versions('tampered')).toEqual([]);

    const inRelease = join(dists, 'InRelease');
    const served = await readFile(inRelease, 'utf8');
    await writeFile(inRelease, served.replace('Label: Example', 'Label: Another'));
    const newcomer = await aptClient(await farm.sources());
    await expect(newcomer.update()).rejects.toThrow('BADSIG');
    await writeFile(inRelease, served);
    await newcomer.update();
    await newcomer.remove();
  });

  test('goes on after the key was renewed', async () => {
    farm.signWith(await renewKeyring({ dir: farm.paths.keys, clock: Date.now, validityDays: 20 }));
    await farm.registry.ensurePublished({ repository: farm.repository, resign: true });
    expect(await client.update()).not.toMatch(/^[WE]:/m);
  });
});
