import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { cleanRoot } from './clean-root.ts';
import { digest, scratch, sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

describe('what is served', () => {
  test('the keyring is the one that keyring export prints', async () => {
    const served = await (await fetch(`${farm.url}/default/keyring.asc`)).text();
    const { status, stdout } = await farm.ctl(['keyring', 'export']);
    expect(status).toBe(0);
    expect(`${stdout}\n`).toBe(served.endsWith('\n') ? served : `${served}\n`);
    expect(served).toContain('BEGIN PGP PUBLIC KEY BLOCK');
    const other = await (await fetch(`${farm.url}/other/keyring.asc`)).text();
    expect(other).not.toBe(served);
  });

  test('the file in the repository is the one that the build handed in', async () => {
    const built = await farm.build([await sourcePackage({ name: 'served' }), '-d', 'bookworm-next']);
    expect(built.status).toBe(0);
    const shown = await farm.ctl(['registry', 'show', 'served', '-d', 'bookworm-next', '--json']);
    const packages = JSON.parse(shown.stdout) as { architecture: string; path: string; sha256: string }[];
    const deb = packages.find(({ architecture }) => architecture === 'amd64');
    const response = await fetch(`${farm.url}/default/${deb?.path}`);
    expect(digest('sha256', new Uint8Array(await response.arrayBuffer()))).toBe(deb?.sha256);
    const directory = await scratch();
    await farm.ctl(['download', built.task?.id ?? '', 'served_1.0_amd64.deb', '-o', directory]);
    expect(digest('sha256', await readFile(`${directory}/served_1.0_amd64.deb`))).toBe(deb?.sha256);
  });

  test('instances, distributions and derivatives do not see one another', async () => {
    const built = await Promise.all([
      farm.build([await sourcePackage({ name: 'elsewhere' }), '-d', 'bookworm', '--instance', 'other']),
      farm.build([await sourcePackage({ name: 'backported' }), '-d', 'bookworm', '--derivative', 'backports']),
    ]);
    expect(built.map(({ status }) => status)).toEqual([0, 0]);
    const client = await cleanRoot();
    try {
      await client.update();
      expect(await client.offered('elsewhere')).toEqual([]);
      const sources = await client.run('cat', '/etc/apt/sources.list.d/farm.sources');
      expect(sources).toContain('Signed-By:');
      const other = await cleanRoot('bookworm', 'other');
      await other.update();
      expect(await other.offered('elsewhere')).toEqual(['1.0']);
      expect(await other.offered('backported')).toEqual([]);
      await other.remove();
    } finally {
      await client.remove();
    }
  });
});
