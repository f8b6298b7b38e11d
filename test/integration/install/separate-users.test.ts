import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import type { Task, TaskDetail } from '@fatbuildr/domain';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type Installation, install } from './installation.ts';

let farm: Installation;
let client: Client;
let state: string;

beforeAll(async () => {
  farm = await install();
  state = join(farm.root, 'var/lib/fatbuildr');
  for (const unit of ['redis', 'api', 'publisher', 'worker'] as const) await farm.start(unit);
  client = connect(`unix://${farm.root}/run/fatbuildr/api.sock`, undefined);
});
afterAll(() => farm?.remove());

async function ended(task: Task): Promise<TaskDetail> {
  for (;;) {
    const seen = await client.task({ params: { task: task.id } });
    if (seen.state === 'done') return seen;
    await client.task({ params: { task: task.id } });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a build goes from its submission into the repository, with every process its own user', async () => {
  const params = { instance: 'default' };
  const steps = [
    () => client.createKeyring({ params, body: {} }),
    () => client.imageOperation({ params, body: { operation: 'create' } }),
    () => client.environmentOperation({ params, body: { operation: 'create' } }),
    () => submit(client, { artifact: 'hello' }),
  ];
  for (const step of steps) {
    const { kind, outcome, cause } = await ended(await step());
    expect({ kind, outcome, cause }).toEqual({ kind, outcome: 'success', cause: null });
  }
  const answer = await fetch(`${farm.url}/default/deb/dists/bookworm/InRelease`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('-----BEGIN PGP SIGNATURE-----');
});

const owners = async (path: string) => {
  const { uid, gid, mode } = await stat(join(farm.root, path));
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};

test('sockets are for those who are to reach them', async () => {
  const { uid, gid, root } = farm;
  const ours = { uid: uid('fatbuildr'), mode: '660' };
  expect(await owners('run/fatbuildr/api.sock')).toEqual({ ...ours, gid: gid('fatbuildr-admin') });
  expect(await owners('run/fatbuildr/publisher/api.sock')).toEqual({ ...ours, gid: gid('fatbuildr-publisher') });
  const list = ['curl', '-sf', '--unix-socket', `${root}/run/fatbuildr/api.sock`, 'http://x/api/v1/tasks'];
  expect((await farm.as('stranger', list)).ok).toBe(false);
  expect((await farm.as('fatbuildr-publisher', list)).ok).toBe(false);
  expect((await farm.as('stranger', list, ['fatbuildr-admin'])).ok).toBe(true);
  const queue = ['redis-cli', '-s', `${root}/run/fatbuildr-redis/redis.sock`, 'ping'];
  expect((await farm.as('stranger', queue)).ok).toBe(false);
  expect((await farm.as('fatbuildr', queue, ['fatbuildr-redis'])).output).toBe('PONG');
});

test('the control plane reaches no key, and moves nothing that is not its own', async () => {
  const keyring = join(state, 'keyrings/default');
  const [fingerprint = ''] = (await readdir(keyring)).filter((name) => /^[0-9A-F]{40}$/.test(name));
  const secret = join(keyring, fingerprint, 'secret.asc');
  expect((await farm.as('fatbuildr-publisher', ['cat', secret])).ok).toBe(true);
  expect((await farm.as('fatbuildr', ['cat', secret])).ok).toBe(false);
  expect((await farm.as('fatbuildr', ['ls', keyring])).ok).toBe(false);
  for (const name of ['keyrings', 'publisher', 'images', 'environments', 'registry']) {
    expect((await farm.as('fatbuildr', ['mv', join(state, name), join(state, 'moved')])).ok).toBe(false);
  }
  expect((await farm.as('fatbuildr', ['touch', join(state, 'registry/default/x')])).ok).toBe(false);
  expect((await farm.as('fatbuildr', ['touch', join(state, 'images/x')])).ok).toBe(false);
});

test('the publisher reads blobs, and neither writes them nor reaches the database', async () => {
  const blobs = join(state, 'blobs');
  const [folder = ''] = (await readdir(blobs)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const [digest = ''] = await readdir(join(blobs, folder));
  const blob = join(blobs, folder, digest);
  expect((await farm.as('fatbuildr-publisher', ['sha256sum', blob])).output).toContain(digest);
  expect((await farm.as('fatbuildr-publisher', ['test', '-w', blob])).ok).toBe(false);
  expect((await farm.as('fatbuildr-publisher', ['rm', '-f', blob])).ok).toBe(false);
  expect((await farm.as('fatbuildr-publisher', ['touch', join(blobs, folder, 'x')])).ok).toBe(false);
  for (const flag of ['-r', '-w']) {
    expect((await farm.as('fatbuildr-publisher', ['test', flag, join(state, 'fatbuildr.db')])).ok).toBe(false);
  }
  expect((await farm.as('stranger', ['cat', blob])).ok).toBe(false);
  expect((await farm.as('stranger', ['ls', join(state, 'logs')])).ok).toBe(false);
});

test('what consumers read is readable to any web server, and logs and databases to nobody else', async () => {
  const release = join(state, 'registry/default/deb/dists/bookworm/InRelease');
  expect((await farm.as('stranger', ['cat', release])).ok).toBe(true);
  const { stdout } = await execa('find', [state, '-type', 'f', '-perm', '/022', '-printf', '%P\n']);
  expect(stdout).toBe('');
  const open = await execa('find', [state, '-type', 'f', '-perm', '/004', '-not', '-path', `${state}/registry/*`]);
  const reachable = [];
  for (const file of open.stdout.split('\n').filter(Boolean)) {
    if (!/\/(images|environments)\//.test(file) && (await farm.as('stranger', ['test', '-r', file])).ok) {
      reachable.push(file);
    }
  }
  expect(reachable).toEqual([]);
});

test('what is installed belongs to root, nobody else may change it, and it needs nothing from where it came', async () => {
  const release = join(farm.root, 'usr/lib/fatbuildr');
  const foreign = ['(', '!', '-uid', '0', '-o', '(', '-perm', '/022', '!', '-type', 'l', ')', ')'];
  expect((await execa('find', [release, ...foreign])).stdout).toBe('');
  const links = await execa('find', [`${release}/current/`, '-type', 'l', '-lname', '/*']);
  expect(links.stdout).toBe('');
  const { output } = await farm.as('stranger', [`${release}/current/apps/cli/bin/fatbuildrctl`, '--version']);
  expect(output).toMatch(/^fatbuildrctl \d/);
  for (const tool of ['vitest', 'typescript', '@fatbuildr/testing']) {
    await expect(stat(`${release}/current/node_modules/${tool}`)).rejects.toThrow('ENOENT');
  }
});

test('installing again changes nothing and keeps the configuration', async () => {
  const before = await readlink(join(farm.root, 'usr/lib/fatbuildr/current'));
  const config = await stat(join(farm.root, 'etc/fatbuildr/fatbuildr.yml'));
  await execa(new URL('../../../scripts/install', import.meta.url), ['--root', farm.root], { stdin: 'ignore' });
  expect(await readlink(join(farm.root, 'usr/lib/fatbuildr/current'))).toBe(before);
  expect(await readdir(join(farm.root, 'usr/lib/fatbuildr/releases'))).toEqual([before.replace('releases/', '')]);
  expect((await stat(join(farm.root, 'etc/fatbuildr/fatbuildr.yml'))).mtimeMs).toBe(config.mtimeMs);
  expect((await owners('run/fatbuildr')).mode).toBe('2755');
});
