import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { aptClient } from './apt-client.ts';
import { servedRegistry } from './farm.ts';
import { servedRpmRegistry } from './rpm-farm.ts';

const run = promisify(execFile);

/** What packages require of `lib`, which goes, of `other`, which stays, and of what nobody has. */
const REQUIRES = [
  'lib',
  'lib >= 1',
  'lib < 1',
  'cap = 1.0',
  'cap = 1.0-7',
  'stays >= 3',
  '/usr/share/lib/tool',
  '/usr/share/other/tool',
  '(lib and other)',
  '(lib or other)',
  '(lib or nowhere)',
  '(lib if other)',
  '(other if lib)',
  '(lib if nowhere else cap)',
  '(cap >= 1 with lib)',
  '(often with other)',
  '(often without other)',
  '((lib or nowhere) and (other or nowhere))',
];

test('dnf cannot install what impact says, and can all else', { timeout: 120_000 }, async () => {
  const farm = await servedRpmRegistry({ judged: false });
  try {
    const apps = REQUIRES.map((requires, index) => ({
      ...{ name: `app${index}`, version: '1' },
      preamble: [`Requires: ${requires}`, `Provides: done${index}`],
    }));
    const late = { name: 'late', version: '1', preamble: ['Requires: done0'] };
    const lib = {
      name: 'lib',
      version: '1',
      preamble: ['Provides: cap = 1.0-7', 'Provides: stays = 3', 'Provides: often'],
    };
    const other = { name: 'other', version: '1', preamble: ['Provides: stays = 4', 'Provides: often'] };
    await farm.publish(
      await farm.ingest(
        { ...lib, files: { '/usr/share/lib/tool': 'x' } },
        { ...other, files: { '/usr/share/other/tool': 'x' } },
        ...apps,
        late,
      ),
    );
    const directory = join(farm.paths.tree, 'default/rpm/el9/main/x86_64/');
    const uninstallable = async (): Promise<{ alone: string[]; together: string[] }> => {
      const script = join(import.meta.dirname, 'uninstallable.py');
      const root = await mkdtemp(join(farm.dir, 'dnf-'));
      return JSON.parse((await run('/usr/bin/python3', [script, directory, root, 'other'])).stdout);
    };
    const before = await uninstallable();
    const remove = [{ name: 'lib' }];
    const impact = await farm.registry.impact(farm.repository, remove);
    const said = (certain: boolean) =>
      [...new Set(impact.filter((one) => one.certain === certain).map((one) => one.package.name))].sort();
    await farm.publish([], { changes: { remove } });
    const after = await uninstallable();
    const broken = after.alone.filter((name) => !before.alone.includes(name));
    expect(said(true)).toEqual(broken);
    expect(said(false)).toEqual(after.together.filter((name) => !before.together.includes(name)));
    expect(broken.length).toBeGreaterThan(5);
    expect(broken).toContain('late');
  } finally {
    await farm.close();
  }
});

test('apt cannot install what impact says, and can all else', async () => {
  const farm = await servedRegistry({ judged: false });
  const client = await aptClient(await farm.sources());
  try {
    const depends = [
      'lib',
      'lib (>= 2)',
      'lib | other',
      'cap',
      'cap (= 1)',
      'stays',
      'lib | nowhere',
      'app0',
      'app0 | other',
    ];
    const apps = depends.map((each, index) => ({ name: `app${index}`, version: '1', control: `Depends: ${each}\n` }));
    const lib = { name: 'lib', version: '1', control: 'Provides: cap (= 1), stays\n' };
    const other = { name: 'other', version: '1', control: 'Provides: stays\n' };
    await farm.publish(await farm.ingest(lib, other, ...apps));
    const names = ['other', ...apps.map(({ name }) => name)];
    const uninstallable = async () => {
      await client.update();
      const found: string[] = [];
      for (const name of names) {
        await client.run('apt-get', 'install', '--simulate', name).catch(() => found.push(name));
      }
      return found.sort();
    };
    const before = await uninstallable();
    const remove = [{ name: 'lib' }];
    const impact = await farm.registry.impact(farm.repository, remove);
    await farm.publish([], { changes: { remove } });
    const broken = (await uninstallable()).filter((name) => !before.includes(name));
    expect(
      impact
        .filter((one) => one.certain)
        .map((one) => one.package.name)
        .sort(),
    ).toEqual(broken);
    expect(broken.length).toBeGreaterThan(3);
  } finally {
    await client.remove();
    await farm.close();
  }
});
