import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostMirrors } from './host-mirrors.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-mirrors-'));
});
afterEach(() => rm(root, { recursive: true }));

async function mirrorsOf(files: Record<string, string>) {
  for (const [name, text] of Object.entries({ 'os-release': 'ID=debian\nVERSION_CODENAME=bookworm\n', ...files })) {
    await mkdir(dirname(join(root, 'etc', name)), { recursive: true });
    await writeFile(join(root, 'etc', name), text);
  }
  return hostMirrors(root);
}

test('deb822 sources, among those of other vendors', async () => {
  const mirrors = await mirrorsOf({
    'apt/sources.list.d/a-vendor.sources':
      'Types: deb\nURIs: https://apt.vendor.example\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/vendor.gpg\n',
    'apt/sources.list.d/debian.sources': `# comment
Types: deb deb-src
# http://old.example/debian
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
`,
    'apt/sources.list.d/debian.sources.bak':
      'Types: deb\nURIs: http://bad.example/debian\nSuites: bookworm\nComponents: main\n',
  });
  expect(mirrors).toEqual({
    mirror: { uri: 'http://mirror.example/debian', signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' },
    security: { uri: 'http://security.example/debian-security', signedBy: undefined },
  });
});

test('one-line sources, with options and comments', async () => {
  const mirrors = await mirrorsOf({
    'apt/sources.list': `# deb http://commented.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb-src http://src.example/debian bookworm main
deb [ arch=amd64 signed-by=/etc/apt/k.gpg ] http://mirror.example/debian bookworm main # ours
deb http://security.example/debian-security bookworm-security main
`,
  });
  expect(mirrors).toEqual({
    mirror: { uri: 'http://mirror.example/debian', signedBy: '/etc/apt/k.gpg' },
    security: { uri: 'http://security.example/debian-security', signedBy: undefined },
  });
});

test('the release the host runs is preferred, disabled sources are not used', async () => {
  const source = (host: string, suite: string, more = '') =>
    `Types: deb\nURIs: http://${host}/debian\nSuites: ${suite}\nComponents: main\n${more}`;
  const mirrors = await mirrorsOf({
    'apt/sources.list.d/1.sources': source('off.example', 'bookworm', 'Enabled: no\n'),
    'apt/sources.list.d/2.sources': source('sid.example', 'sid'),
    'apt/sources.list.d/3.sources': source('bookworm.example', 'bookworm'),
  });
  expect(mirrors).toEqual({
    mirror: { uri: 'http://bookworm.example/debian', signedBy: undefined },
    security: undefined,
  });
});

test('a mirror of one’s own with an unusual path is found by the release', async () => {
  const mirrors = await mirrorsOf({
    'apt/sources.list':
      'deb https://pool.example/deb-main bookworm main\ndeb https://pool.example/sec bookworm-security main\n',
  });
  expect(mirrors.mirror?.uri).toBe('https://pool.example/deb-main');
  expect(mirrors.security?.uri).toBe('https://pool.example/sec');
});

test('a host without APT, or with a broken file, has none', async () => {
  expect(await hostMirrors(root)).toEqual({ mirror: undefined, security: undefined });
  expect(await mirrorsOf({ 'apt/sources.list.d/broken.sources': 'no field here\n' })).toEqual({
    mirror: undefined,
    security: undefined,
  });
});
