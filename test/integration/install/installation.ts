import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { readServiceUnit } from './unit-file.ts';

export const installer = fileURLToPath(new URL('../../../scripts/install', import.meta.url));

/** An installed tree below a directory of its own, whose services run as the users of that tree. */
export interface Installation {
  /** The tree. */
  root: string;
  url: string;
  /** What the services wrote, by line. */
  output: string[];
  /** Starts the service of a unit as systemd would: user, groups, umask, command. Resolves when it is ready. */
  start(unit: 'redis' | 'api' | 'publisher' | 'worker'): Promise<void>;
  /** Runs a command as a user of the tree, `nobody`, or a stranger who is a member of `groups` alone. */
  as(user: string, command: readonly string[], groups?: readonly string[]): Promise<{ ok: boolean; output: string }>;
  /** The number of a user or group of the tree. */
  uid(user: string): number;
  gid(group: string): number;
  remove(): Promise<void>;
}

/** Runs scripts/install into a new directory and configures a farm there; the machine's own users stay as they are. */
export async function install(): Promise<Installation> {
  const root = await mkdtemp(join(tmpdir(), 'fatbuildr-install-'));
  await chmod(root, 0o755);
  await execa(installer, ['--root', root], { stdin: 'ignore' });
  const uids = await numbers(join(root, 'etc/passwd'));
  const gids = await numbers(join(root, 'etc/group'));
  const uid = (name: string) => uids.get(name) ?? (name === 'root' ? 0 : 65534);
  const gid = (name: string) => gids.get(name) ?? (name === 'root' ? 0 : 65534);
  const port = await freePort();
  await configure(root, port);
  const running: ChildProcess[] = [];
  const output: string[] = [];

  const privileges = (user: string, group: string, groups: readonly string[]) => [
    `--reuid=${uid(user)}`,
    `--regid=${gid(group)}`,
    groups.length > 0 ? `--groups=${groups.map(gid).join(',')}` : '--clear-groups',
    '--no-new-privs',
  ];

  return {
    root,
    url: `http://127.0.0.1:${port}`,
    output,
    uid,
    gid,
    async start(name) {
      const unit = readServiceUnit(join(root, `usr/lib/systemd/system/fatbuildr-${name}.service`));
      if (unit.runtimeDirectory) {
        const directory = join(root, 'run', unit.runtimeDirectory.name);
        await mkdir(directory, { recursive: true });
        await chown(directory, uid(unit.user), gid(unit.group));
        await chmod(directory, unit.runtimeDirectory.mode);
      }
      const command = unit.command.map((word) => (/^\/(run|etc|var|usr\/lib)\//.test(word) ? root + word : word));
      const child = spawn(
        'setpriv',
        [
          ...privileges(unit.user, unit.group, unit.supplementaryGroups),
          ...['sh', '-c', `umask ${unit.umask}; exec "$@"`, 'sh', ...command],
        ],
        { cwd: '/', env: { PATH: process.env.PATH, FATBUILDR_READY_FD: '3' }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] },
      );
      running.push(child);
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => output.push(`${name}: ${line}`));
      }
      if (name === 'redis') await untilSocket(join(root, 'run/fatbuildr-redis/redis.sock'));
      else await untilReady(child, name, output);
    },
    async as(user, command, groups = []) {
      const [program = 'true', ...args] = command;
      const options = { reject: false, all: true, cwd: '/', extendEnv: false } as const;
      const { exitCode, all } = await execa('setpriv', [...privileges(user, user, groups), program, ...args], options);
      return { ok: exitCode === 0, output: all };
    },
    async remove() {
      for (const child of running.toReversed()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      await rm(root, { recursive: true });
    },
  };
}

async function configure(root: string, port: number): Promise<void> {
  const file = join(root, 'etc/fatbuildr/fatbuildr.yml');
  const sample = await readFile(file, 'utf8');
  const settings = [
    sample.replaceAll('8470', `${port}`).replaceAll(/(?<![\w.])\/run\//g, `${root}/run/`),
    `paths: { state: ${root}/var/lib/fatbuildr, cache: ${root}/var/cache/fatbuildr, run: ${root}/run/fatbuildr }`,
    'worker: { name: host }',
    'containers: { driver: fake }',
    'log: { format: text }',
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  await writeFile(join(root, 'etc/fatbuildr/instances.d/default.yml'), INSTANCE);
}

async function numbers(file: string): Promise<Map<string, number>> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return new Map(lines.map((line) => line.split(':')).map(([name = '', , number]) => [name, Number(number)]));
}

async function untilReady(child: ChildProcess, name: string, output: string[]): Promise<void> {
  const pipe = child.stdio[3] as Readable;
  const [what] = (await Promise.race([once(pipe, 'data'), once(child, 'exit')])) as [unknown];
  if (!Buffer.isBuffer(what)) throw new Error(`${name} did not start:\n${output.join('\n')}`);
}

async function untilSocket(path: string): Promise<void> {
  for (let left = 200; left > 0; left--) {
    const { exitCode } = await execa('redis-cli', ['-s', path, 'ping'], { reject: false });
    if (exitCode === 0) return;
    await sleep(50);
  }
  throw new Error(`nobody listens on ${path}`);
}
