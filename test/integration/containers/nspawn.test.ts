import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNspawnRunner, runToEnd } from '@fatbuildr/containers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containerOn, minimalTree, scratch, sleepers, until } from './support.ts';

const warnings: string[] = [];
const runner = createNspawnRunner({ warn: (message) => warnings.push(message) });
let directory: string;
let removeScratch: () => Promise<void>;

beforeAll(async () => {
  await minimalTree();
  const made = await scratch();
  directory = made.path;
  removeScratch = made.remove;
});
afterAll(() => removeScratch());

test('exit codes come through, and a program that is not there is 127', async () => {
  const { spec, output } = await containerOn(directory, 'codes');
  expect(await runToEnd(runner, spec('exit 0'))).toEqual({ code: 0, signal: null });
  expect(await runToEnd(runner, spec('echo out; echo err >&2; exit 7'))).toEqual({ code: 7, signal: null });
  expect(output()).toBe('out\nerr\n');
  expect(await runToEnd(runner, spec('', { command: ['no-such-program'] }))).toMatchObject({ code: 127 });
});

test('output comes byte for byte, also through /dev/stderr and from an ordinary user', async () => {
  const { spec, bytes } = await containerOn(directory, 'bytes');
  const script = String.raw`printf '\377\0\033[1m' > /dev/stderr; printf end >> /dev/stdout`;
  await runToEnd(runner, spec(script, { user: 'nobody' }));
  expect(bytes()).toEqual(Buffer.from('\xff\0\x1b[1mend', 'latin1'));
});

test('standard output can be taken apart, and input reaches the command', async () => {
  const { spec, output } = await containerOn(directory, 'apart');
  let stdout = '';
  const onStdout = (chunk: Buffer) => {
    stdout += chunk.toString();
  };
  await runToEnd(runner, spec('cat; echo note >&2', { input: Buffer.from('given'), onStdout }));
  expect(stdout).toBe('given');
  expect(output()).toBe('note\n');
});

test('the environment is the one given, nothing of the worker or the host', async () => {
  process.env.FATBUILDR_TEST_SECRET = 'leak';
  const { spec, output } = await containerOn(directory, 'environment');
  await runToEnd(runner, spec('', { command: ['env'], environment: { ASKED: 'a = b' } }));
  delete process.env.FATBUILDR_TEST_SECRET;
  const names = output()
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(output()).toContain('ASKED=a = b\n');
  const allowed = ['ASKED', 'HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'TERM', 'USER', 'container'];
  expect(names.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
});

test('it runs as the user and in the directory that were asked for', async () => {
  const { spec, output } = await containerOn(directory, 'user');
  await runToEnd(runner, spec('id -un; pwd', { user: 'nobody', workingDirectory: '/var/tmp' }));
  expect(output()).toBe('nobody\n/var/tmp\n');
});

test('a read-only mount can not be written to, another can', async () => {
  const { spec, output } = await containerOn(directory, 'mounts');
  const [kept, open] = [join(directory, 'kept:1'), join(directory, 'open')];
  for (const path of [kept, open]) await mkdir(path);
  await writeFile(join(kept, 'file'), 'old');
  const mounts = [
    { source: kept, target: '/kept', readOnly: true },
    { source: open, target: '/open' },
  ];
  const exit = await runToEnd(runner, spec('cp /kept/file /open/copy; echo new > /kept/file', { mounts }));
  expect(exit.code).not.toBe(0);
  expect(output()).toContain('Read-only file system');
  expect(await readFile(join(kept, 'file'), 'utf8')).toBe('old');
  expect(await readFile(join(open, 'copy'), 'utf8')).toBe('old');
});

test('/tmp is a directory of the host: on the disk, for everybody, with mounts in it, and nothing of it in the tree', async () => {
  const { spec, overlay, output } = await containerOn(directory, 'temporary');
  const temporary = join(directory, 'temporary', 'tmp', 'one');
  const hooks = join(directory, 'hooks');
  await mkdir(hooks);
  const mounts = [{ source: hooks, target: '/tmp/hooks', readOnly: true }];
  const script = 'stat -c %a /tmp; echo kept > /tmp/note; ls /tmp';
  await runToEnd(runner, spec(script, { temporary, mounts, user: 'nobody' }));
  await runToEnd(runner, spec('cat /tmp/note', { temporary }));
  expect(output()).toBe('1777\nhooks\nnote\nkept\n');
  expect((await stat(temporary)).dev).toBe((await stat(directory)).dev);
  expect(await readFile(join(temporary, 'note'), 'utf8')).toBe('kept\n');
  expect(await readdir(join(overlay.merged, 'tmp'))).toEqual([]);
  const other = await containerOn(directory, 'temporary2');
  await runToEnd(runner, other.spec('ls -A /tmp', { temporary: join(directory, 'temporary2', 'tmp') }));
  expect(other.output()).toBe('');
});

test('what a container writes is in the upper layer and not in the tree below', async () => {
  const { spec, overlay } = await containerOn(directory, 'layers');
  await runToEnd(runner, spec('echo spoilt > /etc/hostname; rm /usr/bin/env'));
  expect(await readFile(join(overlay.upper, 'etc/hostname'), 'utf8')).toBe('spoilt\n');
  const next = await containerOn(directory, 'layers2');
  await runToEnd(runner, next.spec('cat /etc/hostname; ls /usr/bin/env'));
  expect(next.output()).toContain('/usr/bin/env');
  expect(next.output()).not.toContain('spoilt');
});

test('what is synced in a tree to be thrown away does not wait for the disk', async () => {
  const { overlay } = await containerOn(directory, 'volatile');
  const { stdout } = await execa('findmnt', ['--noheadings', '--output', 'OPTIONS', overlay.merged]);
  expect(stdout).toMatch(/,(fsync=)?volatile(,|$)/);
});

test('what pbuilder needs works: mounts, device nodes, owners, chroot', async () => {
  const { spec, output } = await containerOn(directory, 'abilities');
  const script =
    'set -e; mkdir /x; mount -t tmpfs x /x; mknod /x/null c 1 3; chown 1234 /x/null; umount /x; chroot / true; echo well';
  await runToEnd(runner, spec(script));
  expect(output()).toBe('well\n');
});

test('a daemon left behind ends with the command', async () => {
  const { spec } = await containerOn(directory, 'daemon');
  await runToEnd(runner, spec('(setsid sleep 271801 &) ; exit 0'));
  expect(await sleepers(271801)).toEqual([]);
});

test('stop asks first: a command that takes SIGTERM ends its own way', async () => {
  const { spec, output } = await containerOn(directory, 'polite');
  const container = await runner.start(spec('trap "echo asked; exit 9" TERM; echo ready; sleep 60 & wait'));
  await until(() => output().includes('ready'));
  await container.stop(20_000);
  expect(await container.exited).toEqual({ code: 9, signal: null });
  expect(output()).toBe('ready\nasked\n');
});

test('stop ends a forked tree that ignores SIGTERM; stopping twice, at once and late is no error', async () => {
  const { spec, output } = await containerOn(directory, 'stubborn');
  const script = 'trap "" TERM; (setsid sleep 271802 &); echo ready; while :; do sleep 271802; done';
  const container = await runner.start(spec(script));
  await until(() => output().includes('ready'));
  await Promise.all([container.stop(60_000), container.stop(100)]);
  expect(await container.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await sleepers(271802)).toEqual([]);
  await container.stop(0);
});

test("a tree or user that is not there is the host's failure and says so", async () => {
  const { spec } = await containerOn(directory, 'failing');
  const gone = runner.start(spec('true', { root: '/no/such/tree' }));
  await expect(gone).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    message: expect.stringContaining('/no/such/tree'),
  });
  await expect(runner.start(spec('true', { user: 'nosuch' }))).rejects.toThrow('nosuch');
  expect(await runToEnd(runner, spec('true'))).toEqual({ code: 0, signal: null });
});

test('when output can not be taken the container is killed and the reason comes out', async () => {
  const { spec } = await containerOn(directory, 'full');
  const onOutput = () => {
    throw new Error('disk full');
  };
  await expect(
    runToEnd(runner, spec('trap "" PIPE; while :; do echo x; sleep 0.01; done', { onOutput })),
  ).rejects.toThrow('disk full');
});

test('a process limit holds, or its absence is said aloud', async () => {
  const { spec, output } = await containerOn(directory, 'limits');
  const script = 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait; echo all started';
  await runToEnd(runner, spec(script, { limits: { processes: 6 } }));
  const unlimited = warnings.some((text) => text.includes('pids'));
  expect(unlimited || !output().includes('all started')).toBe(true);
});

test('two run side by side, each sees itself alone, and one ends without the other', async () => {
  const [one, two] = [await containerOn(directory, 'side1'), await containerOn(directory, 'side2')];
  const script = 'echo mine > /mark; cat /proc/[0-9]*/cmdline | tr "\\0" " "; ls /; echo ready; sleep 271803';
  const [first, second] = await Promise.all([
    runner.start(one.spec(script)),
    runner.start(two.spec(script.replaceAll('271803', '271804').replace('/mark', '/sign'))),
  ]);
  await until(() => one.output().includes('ready') && two.output().includes('ready'));
  expect(one.output()).toContain('271803');
  expect(one.output()).not.toMatch(/271804|sign/);
  expect(two.output()).not.toMatch(/271803|mark/);
  await first.stop(0);
  await until(async () => (await sleepers(271804)).length === 1);
  expect(await sleepers(271803)).toEqual([]);
  await second.stop(0);
});

test('no file by which the host would run a program of the build can be written', async () => {
  const { spec, output } = await containerOn(directory, 'release-agent');
  const script = `
    find /sys /proc/sys -name release_agent -writable -o -name core_pattern -writable -o -name modprobe -writable -o -name uevent_helper -writable
    [ ! -w /proc/sysrq-trigger ] || echo /proc/sysrq-trigger`;
  expect(await runToEnd(runner, spec(script))).toEqual({ code: 0, signal: null });
  expect(output()).toBe('');
});
