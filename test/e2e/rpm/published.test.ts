import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratch } from '../packages.ts';
import { farm } from '../this-farm.ts';
import { buildRpm, rpmDefinition } from './packages.ts';

const native = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const NAME = 'served';
let directory: string;

beforeAll(async () => {
  directory = await scratch();
  const built = await buildRpm(await rpmDefinition({ name: NAME }));
  expect(built).toMatchObject({ status: 0, task: { outcome: 'success', version: '1.0-1.el9' } });
});

// dnf checks signatures of lists by gpg, and lets its agents run on
afterAll(async () => {
  for (const name of await readdir(join(directory, 'cache'))) {
    const homedir = join(directory, 'cache', name, 'pubring');
    await execa('gpgconf', ['--homedir', homedir, '--kill', 'gpg-agent'], { reject: false });
  }
});

/** What is there at a path of the farm's repositories. */
async function served(path: string): Promise<Buffer> {
  const response = await fetch(`${farm.url}/rpms/${path}`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

test('dnf installs what was published into a clean root, with both checks of signatures', async () => {
  const repo = (await served('rpm/el9.repo')).toString();
  expect(repo).toMatch(/^gpgcheck=1\nrepo_gpgcheck=1$/m);
  const places = { reposdir: 'repos', cachedir: 'cache', logdir: 'log', persistdir: 'persist' };
  for (const name of Object.values(places)) await mkdir(join(directory, name));
  await writeFile(join(directory, 'repos/farm.repo'), repo);
  await writeFile(join(directory, 'dnf.conf'), '[main]\n');
  await writeFile(join(directory, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  const settings = Object.entries(places).map(([key, name]) => `--setopt=${key}=${join(directory, name)}`);
  const root = join(directory, 'root');
  const options = ['--assumeyes', '--installroot', root, '--config', join(directory, 'dnf.conf'), '--releasever=9'];
  settings.push('--setopt=pluginpath=/nonexistent', '--setopt=retries=1');
  await execa('dnf', [...options, ...settings, 'install', NAME], { env: { HOME: directory } });
  const query = ['--root', root, '-q', '--qf', '%{version}-%{release} %{rsaheader:pgpsig}', NAME];
  const { stdout } = await execa('rpm', query, { env: { HOME: directory } });
  expect(stdout).toMatch(/^1\.0-1\.el9 RSA\/SHA\d+, /);
});

test('rpmkeys accepts every package that was published, and none with a flipped byte', async () => {
  const database = join(directory, 'keys');
  const key = join(directory, 'keyring.asc');
  await writeFile(key, await served('keyring.asc'));
  const rpmkeys = (...args: string[]) => execa('rpmkeys', ['--dbpath', database, ...args], { reject: false });
  expect(await rpmkeys('--import', key)).toMatchObject({ exitCode: 0 });
  const params = { instance: 'rpms', format: 'rpm', distribution: 'el9' } as const;
  const { packages } = await farm.client.registry({ params, query: {} });
  expect(packages.map(({ name, architecture }) => `${name} ${architecture}`)).toEqual(
    expect.arrayContaining([`${NAME} ${native}`, `${NAME} src`]),
  );
  for (const { path } of packages) {
    const file = join(directory, 'checked.rpm');
    const bytes = await served(path);
    await writeFile(file, bytes);
    const sound = await rpmkeys('-Kv', file);
    expect(sound).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/signature.*: OK/i) });
    const last = bytes.length - 1;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
    await writeFile(file, bytes);
    expect(await rpmkeys('-Kv', file)).toMatchObject({ exitCode: 1 });
  }
});
