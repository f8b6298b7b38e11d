import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RpmRecipe } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnf } from './dnf-client.ts';
import { type ServedRpmRegistry, servedRpmRegistry } from './rpm-farm.ts';

const run = promisify(execFile);

const ODD: RpmRecipe[] = [
  {
    name: 'hello',
    version: '2.10',
    architecture: 'x86_64',
    summary: 'Grüße & <Angle> "quotes"',
    preamble: [
      'Epoch: 3',
      'Group: Applications/Text',
      'URL: https://example.org/?a=1&b=2',
      'Vendor: Example & Sons',
      'Packager: Someone <someone@example.org>',
      'Provides: greeter = 1:2-3',
      'Requires: /usr/bin/hello',
      'Requires(pre): other >= 1:2.0-1',
      'Requires: other >= 1:2.0-1',
      'Requires: (one if two else three)',
      'Requires: libc.so.6(GLIBC_2.4)(64bit)',
      'Requires: libc.so.6(GLIBC_2.34)(64bit)',
      'Requires: libc.so.6()(64bit)',
      'Requires: greeter = 1:2-3',
      'Recommends: nice < 5',
      'Suggests: perhaps',
      'Supplements: (hello-base and langpacks)',
      'Enhances: better <= 2-1',
      'Conflicts: foe > 3',
      'Obsoletes: hullo < 2',
    ],
    files: {
      '/usr/bin/hello': 'x'.repeat(1000),
      '/etc/hello.conf': 'a=b',
      '/usr/share/hello/with space & ünïcode': 'y',
      '/usr/share/hello/empty/': '',
    },
    fileLines: ['%ghost /var/lib/hello.state'],
    changelog: [
      '* Thu Jan 01 2026 Someone <someone@example.org> - 2.10-1',
      '- second of a day',
      '* Thu Jan 01 2026 Someone <someone@example.org> - 2.9-1',
      '- first of a day & <more>',
      ...Array.from(
        { length: 12 },
        (_, index) => `* Mon Dec ${String(29 - index)} 2025 A <a@b> - 1-${index}\n- ${index}`,
      ),
    ].join('\n'),
  },
  { name: 'nothing', version: '1~rc1' },
  { name: 'caret', version: '1^git1', release: '0.1.el9', defines: ['_binary_payload w3.zstdio'] },
];

let farm: ServedRpmRegistry;
let served: string;

beforeAll(async () => {
  farm = await servedRpmRegistry();
  served = join(farm.paths.tree, 'default/rpm/el9/main');
  await farm.publish(await farm.ingest(...ODD));
});
afterAll(() => farm.close());

describe('dnf with both checks', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(farm.dir, 'dnf-'));
  });

  test('sees every package', async () => {
    expect(await readFile(join(farm.paths.tree, 'default/rpm/el9.repo'), 'utf8')).toMatch(
      /gpgcheck=1\nrepo_gpgcheck=1/,
    );
    const said = await dnf(farm, root, 'repoquery', '--refresh', '--quiet', '--queryformat', '%{name}-%{evr}.%{arch}');
    expect(said.trim().split('\n').sort()).toEqual([
      'caret-1^git1-0.1.el9.noarch',
      'hello-3:2.10-1.x86_64',
      'nothing-1~rc1-1.noarch',
    ]);
  });

  test('installs one', async () => {
    await dnf(farm, root, 'install', 'caret', 'nothing');
    const query = ['--root', join(root, 'root'), '-qa', '--qf', '%{name}-%{version}\n'];
    const { stdout } = await run('rpm', query, { env: { ...process.env, HOME: root } });
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((name) => !name.startsWith('gpg-pubkey'))
        .sort(),
    ).toEqual(['caret-1^git1', 'nothing-1~rc1']);
  });

  test('refuses lists that somebody changed', async () => {
    const head = (await readFile(join(served, 'x86_64/mirrorlist'), 'utf8')).trim().split('/').at(-2) as string;
    const path = join(served, 'x86_64/snapshots', head, 'repodata/repomd.xml');
    const before = await readFile(path, 'utf8');
    const other = await mkdtemp(join(farm.dir, 'dnf-'));
    try {
      await writeFile(path, before.replace('<revision>', '<revision>1'));
      await expect(dnf(farm, other, 'makecache', '--refresh')).rejects.toThrow(/signature|GPG/i);
    } finally {
      await writeFile(path, before);
      await rm(other, { recursive: true, force: true });
    }
  });
});
