import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import type { TaskDetail } from '@fatbuildr/domain';
import { execa } from 'execa';
import { sitDown, type Typist } from '../integration/terminal/typist.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a command ended and what it printed. */
export interface Ran {
  status: number | undefined;
  stdout: string;
  stderr: string;
}

/** A build as its submitter saw it. */
export interface Built extends Ran {
  /** The task as it ended; of a submission that was refused there is none. */
  task: TaskDetail | undefined;
}

/** A farm that fatbuildrd runs, known by its directory alone: several test files share one. */
export interface Farm {
  readonly directory: string;
  /** Of the TCP listener, where the repositories are. */
  readonly url: string;
  /** To look at things; what is tested goes through `ctl`. */
  readonly client: Client;
  /** Runs fatbuildrctl as a user of the farm's machine, with `input` piped into it. */
  ctl(args: readonly string[], environment?: Record<string, string>, input?: Readable): Promise<Ran>;
  /** The same at a terminal, for somebody to type on. */
  atTerminal(args: readonly string[]): Typist;
  /** Submits a build, follows it to its end. */
  build(args: readonly string[], environment?: Record<string, string>): Promise<Built>;
  /** Submits a build; returns its task's id. */
  submit(args: readonly string[]): Promise<string>;
  /** Follows a task that was submitted to its end. */
  watch(task: string): Promise<Built>;
  task(id: string): Promise<TaskDetail>;
  /** Process ids of fatbuildrd and its services, by name. */
  processes(): Promise<Record<string, number>>;
  startDaemon(): Promise<void>;
  /** SIGTERM, and waits until it has ended; returns how. */
  stopDaemon(): Promise<void>;
}

export async function openFarm(directory: string): Promise<Farm> {
  const port = (await readFile(join(directory, 'port'), 'utf8')).trim();
  const uri = `unix://${directory}/run/api.sock`;
  const client = connect(uri, undefined);
  const config = join(directory, 'etc/fatbuildr.yml');
  const pidFile = join(directory, 'fatbuildrd.pid');

  const program = join(root, 'apps/cli/bin/fatbuildrctl');
  const jane = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    FATBUILDR_NODE: process.execPath,
    FATBUILDR_URI: uri,
    DEBFULLNAME: 'Jane Doe',
    DEBEMAIL: 'jane@fatbuildr.invalid',
  };

  async function ctl(
    args: readonly string[],
    environment: Record<string, string> = {},
    input?: Readable,
  ): Promise<Ran> {
    const { exitCode, stdout, stderr } = await execa(program, args, {
      ...(input ? { input } : {}),
      reject: false,
      extendEnv: false,
      cwd: directory,
      env: { ...jane, ...environment },
    });
    return { status: exitCode, stdout, stderr };
  }

  async function withTask(ran: Ran): Promise<Built> {
    const id = /^Task (\w+):/m.exec(ran.stderr)?.[1];
    return { ...ran, task: id === undefined ? undefined : await client.task({ params: { task: id } }) };
  }

  async function answers(): Promise<boolean> {
    const workers = await client.workers({}).catch(() => undefined);
    return workers?.workers.some(({ state }) => state === 'online') ?? false;
  }

  return {
    directory,
    url: `http://127.0.0.1:${port}`,
    client,
    ctl,
    atTerminal: (args) => sitDown({ command: [program, ...args], env: jane }),
    build: async (args, environment) => withTask(await ctl(['build', ...args], environment)),
    async submit(args) {
      const { status, stdout, stderr } = await ctl(['build', ...args, '--batch']);
      if (status !== 0) throw new Error(`not submitted: ${stderr}`);
      return stdout.trim();
    },
    watch: async (task) => withTask(await ctl(['watch', task])),
    task: (id) => client.task({ params: { task: id } }),
    async processes() {
      const daemon = Number(await readFile(pidFile, 'utf8'));
      // its status says whether there are any
      const { stdout } = await execa('ps', ['--ppid', `${daemon}`, '-o', 'pid=,args='], { reject: false });
      const services = stdout
        .split('\n')
        .map((line) => /^\s*(\d+) (?:.*apps\/(\w+)\/src\/main\.ts|(redis)-server)/.exec(line));
      return Object.fromEntries([
        ['fatbuildrd', daemon],
        ...services.flatMap((found) => (found ? [[found[2] ?? found[3], Number(found[1])]] : [])),
      ]);
    },
    async startDaemon() {
      const log = openSync(join(directory, 'fatbuildrd.log'), 'a');
      const daemon = spawn(join(root, 'apps/daemon/bin/fatbuildrd'), ['--config', config], {
        env: { ...process.env, FATBUILDR_NODE: process.execPath },
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      daemon.unref();
      await writeFile(pidFile, `${daemon.pid}`);
      const deadline = Date.now() + 60_000;
      while (!(await answers())) {
        if (Date.now() > deadline || daemon.exitCode !== null) {
          throw new Error(`fatbuildrd did not start:\n${await readFile(join(directory, 'fatbuildrd.log'), 'utf8')}`);
        }
        await sleep(100);
      }
    },
    async stopDaemon() {
      const pid = Number(await readFile(pidFile, 'utf8'));
      // One that did not start, or fell over, is stopped.
      if (!(await isAlive(pid))) return;
      process.kill(pid, 'SIGTERM');
      await until(async () => !(await isAlive(pid)), 120_000);
    },
  };
}

/** A process that ended and was not waited for counts as ended. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** Waits for a condition; fails when it does not come to hold in time (ms). */
export async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${condition}`);
    await sleep(100);
  }
}
