import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import type { Typist } from '../integration/terminal/typist.ts';
import { until } from './farm.ts';
import { leftBehind } from './left-behind.ts';
import { sourcePackage } from './packages.ts';
import { buildRpm, rpmDefinition } from './rpm/packages.ts';
import { farm } from './this-farm.ts';

const users: Typist[] = [];
afterEach(() => {
  for (const user of users.splice(0)) user.vanish();
});

/** Somebody at a terminal, who goes when the test does. */
function atTerminal(...words: string[]): Typist {
  const user = farm.atTerminal(words);
  users.push(user);
  return user;
}

/** The task that a command at a terminal says it is about. */
async function taskOf(user: Typist): Promise<string> {
  await user.sees(/Task \w+: /, 60_000);
  return /Task (\w+): /.exec(user.screen())?.[1] ?? '';
}

async function nothingIsLeft(task: string): Promise<void> {
  const { jobs } = await farm.task(task);
  const attempts = jobs.flatMap((job) => job.attempts.map(({ id }) => id));
  expect(attempts.length).toBeGreaterThan(0);
  await until(async () => (await leftBehind(farm.directory, attempts)).length === 0, 30_000);
}

describe('a shell', () => {
  test('in a tool image is a terminal: size, Ctrl-C, exit status; who came is in the audit', async () => {
    const user = atTerminal('images', 'shell', '-f', 'deb');
    const task = await taskOf(user);
    await user.sees('thrown away', 60_000);
    await user.sees('# ', 60_000);
    user.type('stty size; echo "$TERM"; command -v lintian\r');
    await user.sees('24 80\r\nxterm-256color\r\n/usr/bin/lintian\r\n');
    user.resize(101, 33);
    user.type('sleep 1000\r');
    await user.sees('sleep 1000\r\n');
    user.type('\x03');
    await user.sees('^C');
    user.type('stty size; exit 7\r');
    await user.sees('33 101\r\n');
    expect(await user.ended).toEqual({ status: 7, restored: true });
    expect(await farm.task(task)).toMatchObject({ kind: 'shell', outcome: 'success' });
    const { stdout } = await farm.ctl(['audit', '--json']);
    const entries = JSON.parse(stdout) as { action: string; subject: string }[];
    expect(entries).toContainEqual(expect.objectContaining({ action: 'attach', subject: task }));
    await nothingIsLeft(task);
  });

  test('in an environment reaches its repositories; it outlives who vanishes, is joined by others, and cancelled', async () => {
    const first = atTerminal('images', 'env-shell', '-d', 'bookworm');
    const task = await taskOf(first);
    await first.sees('# ', 60_000);
    first.type('apt-get update >/dev/null && apt-get -qq download hello && echo down""loaded\r');
    await first.sees('downloaded\r\n', 60_000);
    first.vanish();
    const [ada, bob] = [atTerminal('join', task), atTerminal('join', task.slice(0, 10))] as const;
    for (const user of [ada, bob]) await user.sees('downloaded\r\n');
    ada.type('ls *.deb\r');
    for (const user of [ada, bob]) await user.sees(/[\r\n]hello_[^\r]*\.deb\r\n/);
    bob.type('\r~.');
    expect(await bob.ended).toEqual({ status: 0, restored: true });
    expect(await farm.ctl(['cancel', task])).toMatchObject({ status: 0 });
    expect(await ada.ended).toEqual({ status: 5, restored: true });
    await nothingIsLeft(task);
  });
});

describe('a shell in an environment installs what the farm published, as a build does', () => {
  /** What a command there printed, once it ended well. */
  async function printed(words: string[], script: string): Promise<string> {
    const user = atTerminal('images', 'env-shell', ...words, '--', '/bin/sh', '-c', script);
    const { status } = await user.ended;
    expect(user.screen()).toContain('whatever is changed here is thrown away');
    expect({ status, screen: user.screen() }).toMatchObject({ status: 0 });
    return user.screen();
  }

  test('with apt', async () => {
    const own = await sourcePackage({ name: 'shell-own', build: 'echo own-word > payload/word' });
    expect(await farm.build([own, '-d', 'bookworm'])).toMatchObject({ status: 0 });
    const install = 'apt-get install -y shell-own && cat /usr/share/shell-own/word';
    const screen = await printed(
      ['-d', 'bookworm'],
      `apt-get update && ${install}; cat /etc/apt/sources.list.d/farm.*`,
    );
    expect(screen).toMatch(/[\r\n]own-word\r\n/);
    expect(screen).toMatch(/[\r\n]Signed-By: \/etc\/apt\/farm\.asc\r\n/);
    expect(screen).not.toMatch(/[\r\n](W|E|Err):/);
  });

  test('with dnf, which the environment itself has not', async () => {
    const own = await rpmDefinition({ name: 'shell-own', build: 'echo own-word > payload/word' });
    expect(await buildRpm(own)).toMatchObject({ status: 0 });
    const install = 'dnf install shell-own && cat /usr/share/shell-own/word';
    const keys = "sed -n '/farm-main/,$ s/^.*gpg/gpg/p' /run/fatbuildr/build/config/dnf.conf";
    const screen = await printed(
      ['--instance', 'rpms', '-d', 'el9'],
      `${install} && ${keys} && test ! -e /usr/bin/dnf`,
    );
    expect(screen).toMatch(/[\r\n]own-word\r\n/);
    expect(screen).toMatch(/[\r\n]gpgcheck=1\r\n/);
  });
});

describe('a shell that is piped into', () => {
  test('runs the script; APT does not wait for anybody to type', async () => {
    const script = Readable.from([
      'apt-get -qq update; apt-get install hello >/dev/null\n',
      'hello -g"piped in"; exit 3',
    ]);
    const { status, stdout } = await farm.ctl(['images', 'env-shell', '-d', 'bookworm'], {}, script);
    expect({ status, stdout }).toEqual({ status: 3, stdout: expect.stringMatching(/(^|\n)piped in$/) });
  });

  test('gets and gives every byte once, although the api is killed meanwhile', async () => {
    const input = randomBytes(400_000).toString('hex');
    async function* slowly() {
      await until(async () => {
        const { tasks } = await farm.client.tasks({ query: { state: 'active' } });
        return tasks.some(({ waiting }) => waiting?.includes('in a shell, 1 attached'));
      }, 60_000);
      for (let at = 0; at < input.length; at += 50_000) {
        yield input.slice(at, at + 50_000);
        await sleep(150);
        if (at === 300_000) process.kill((await farm.processes()).api ?? 0, 'SIGKILL');
      }
    }
    const command = ['sh', '-c', 'tee /dev/stderr | sha256sum; exit 7'];
    const words = ['images', 'shell', '-f', 'deb', '--', ...command];
    const { status, stdout } = await farm.ctl(words, {}, Readable.from(slowly()));
    expect(status).toBe(7);
    const sum = createHash('sha256').update(input).digest('hex');
    expect(stdout === `${input}${sum}  -`).toBe(true);
  });
});

describe('an interactive build', () => {
  test('of a .dsc opens a shell where it failed, without network; then it is the failure that it was', async () => {
    const dsc = await sourcePackage({ name: 'look-inside', build: 'echo half > half-made; exit 3' });
    const user = atTerminal('build', dsc, '-d', 'bookworm', '--interactive');
    const task = await taskOf(user);
    await user.sees(/# $/, 120_000);
    user.type('cat half-made; pwd; tail -n +3 /proc/net/dev | cut -d: -f1\r');
    await user.sees(/[\r\n]half\r\n\/build\/\S*look-inside-1\.0\r\n +lo\r\n/);
    const { stdout } = await farm.ctl(['show', task]);
    expect(stdout).toContain(`fatbuildrctl join ${task}`);
    user.type('exit 4\r');
    expect(await user.ended).toEqual({ status: 2, restored: true });
    const ended = await farm.task(task);
    expect(ended).toMatchObject({ outcome: 'build-failure', cause: { message: expect.stringContaining('Error 3') } });
    expect(ended.jobs[0]?.attempts).toHaveLength(1);
    await nothingIsLeft(task);
  });

  test('by cowbuilder opens a shell in its copy; what is done there reaches neither that nor the environment', async () => {
    const dsc = await sourcePackage({ name: 'look-into-cow', build: 'echo half > half-made; exit 3' });
    const task = (await farm.ctl(['build', dsc, '-d', 'bookworm-cow', '--interactive', '--batch'])).stdout.trim();
    const look = 'cat half-made; pwd; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; ';
    const script = Readable.from([
      look,
      'echo changed >> /etc/debian_version; tail -n 1 /etc/debian_version; exit 6\n',
    ]);
    const { status, stdout } = await farm.ctl(['join', task], {}, script);
    expect(status).toBe(6);
    expect(stdout).toMatch(/^half\n\/build\/\S*look-into-cow-1\.0\nlo\nchanged$/);
    expect(await farm.task(task)).toMatchObject({ outcome: 'build-failure' });
    await nothingIsLeft(task);
    const environments = join(farm.directory, 'state/environments/default/deb');
    const { stdout: trees } = await execa('find', ['-L', environments, '-maxdepth', '4', '-name', 'copies']);
    expect(trees).not.toBe('');
    for (const copies of trees.split('\n')) {
      expect(await readdir(copies)).toEqual([]);
      expect(await readFile(join(copies, '../tree/etc/debian_version'), 'utf8')).not.toContain('changed');
    }
  });

  test('whose dependencies nobody has opens a shell from where APT looks for them; it stays that failure', async () => {
    const dsc = await sourcePackage({ name: 'look-for-it', buildDepends: 'nobody-has-this (>= 2)' });
    const user = atTerminal('build', dsc, '-d', 'bookworm', '--interactive');
    const task = await taskOf(user);
    await user.sees(/# $/, 120_000);
    user.type('apt-get -qq update && apt-get -qq download hello && ls hello_*.deb; apt-cache show nobody-has-this\r');
    await user.sees(/[\r\n]hello_[^\r]*\.deb\r\n/, 60_000);
    await user.sees('No packages found');
    user.type('exit 4\r');
    expect(await user.ended).toEqual({ status: 2, restored: true });
    const ended = await farm.task(task);
    expect(ended).toMatchObject({
      outcome: 'dependency-failure',
      cause: { message: expect.stringContaining('nobody-has-this') },
    });
    expect(ended.jobs[0]?.attempts[0]?.shell).toMatchObject({ status: 4 });
    await nothingIsLeft(task);
  });

  test('of an RPM definition whose dependencies nobody has can be looked into, by a script too', async () => {
    const directory = await rpmDefinition({ name: 'look-for-rpm', preamble: 'BuildRequires: nobody-has-this' });
    const words = ['build', directory, '--instance', 'rpms', '-d', 'el9', '--interactive', '--batch'];
    const task = (await farm.ctl(words)).stdout.trim();
    const script = Readable.from(['grep ^BuildRequires SPECS/*.spec; rpm -q nobody-has-this; exit 6\n']);
    const { status, stdout } = await farm.ctl(['join', task], {}, script);
    expect({ status, stdout }).toEqual({
      status: 6,
      stdout: 'BuildRequires: nobody-has-this\npackage nobody-has-this is not installed',
    });
    expect(await farm.task(task)).toMatchObject({ outcome: 'dependency-failure' });
    await nothingIsLeft(task);
  });

  test('of an RPM definition waits for whoever joins', async () => {
    const directory = await rpmDefinition({ name: 'look-into-rpm', build: 'echo half > half-made; exit 3' });
    const words = ['build', directory, '--instance', 'rpms', '-d', 'el9', '--interactive', '--batch'];
    const task = (await farm.ctl(words)).stdout.trim();
    const user = atTerminal('join', task);
    await user.sees(/# $/, 120_000);
    user.type('cat $(find / -name half-made -not -path "/proc/*"); exit 4\r');
    await user.sees(/[\r\n]half\r\n/);
    expect(await user.ended).toEqual({ status: 4, restored: true });
    expect(await farm.task(task)).toMatchObject({ outcome: 'build-failure' });
    await nothingIsLeft(task);
  });

  test('of an RPM whose dependencies are not met has the dnf that looked for them', async () => {
    const directory = await rpmDefinition({ name: 'look-for-rpm', preamble: 'BuildRequires: nonexistent-devel' });
    const user = atTerminal('build', directory, '--instance', 'rpms', '-d', 'el9', '-m', 'Look', '--interactive');
    const task = await taskOf(user);
    await user.sees(/# $/, 120_000);
    user.type('dnf install dynamic-helper && cat /usr/share/dynamic-helper/version; ls SPECS; exit 4\r');
    expect(await user.ended).toEqual({ status: 2, restored: true });
    expect(user.screen()).toMatch(/[\r\n]1\.0\r\nlook-for-rpm\.spec\r\n/);
    expect(await farm.task(task)).toMatchObject({ outcome: 'dependency-failure' });
    await nothingIsLeft(task);
  });
});
