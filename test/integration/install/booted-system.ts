import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import { mountOverlay, removeTree } from '@fatbuildr/containers';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { execa } from 'execa';
import { installer } from './installation.ts';

const cache = process.env['FATBUILDR_TEST_CACHE'] ?? '/var/cache/fatbuildr-test';

/** A Debian that runs systemd as its init, with a farm installed by scripts/install whose builds are made up. */
export interface BootedSystem {
  /** As the administrator. */
  client: Client;
  /** Runs a command inside; its output, whatever its status. */
  run(...command: string[]): Promise<string>;
  /** The value of a property of a unit (`systemctl show`). */
  property(unit: string, name: string): Promise<string>;
  /** Replaces the configuration of the farm. */
  configure(extra: string): Promise<void>;
  remove(): Promise<void>;
}

/** Boots it in a container with a network of its own; resolves when systemd says that it is up. */
export async function bootSystem(): Promise<BootedSystem> {
  const tree = await bootableTree();
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-booted-'));
  let container: ChildProcess | undefined;
  const remove = async () => {
    if (container && container.exitCode === null) {
      const ended = once(container, 'exit');
      container.kill('SIGTERM');
      await Promise.race([ended, sleep(60_000)]);
    }
    await removeTree(directory);
  };
  try {
    const { merged: root } = await mountOverlay({ lower: [tree], workspace: directory });
    await execa(installer, ['--root', root], { stdin: 'ignore' });
    const sample = await readFile(join(root, 'etc/fatbuildr/fatbuildr.yml'), 'utf8');
    // not by way of the container's init: what the services read is what stands here
    const configure = (extra: string) =>
      writeFile(
        join(root, 'etc/fatbuildr/fatbuildr.yml'),
        `${sample}worker: { name: host }\ncontainers: { driver: fake }\nlog: { format: text }\n${extra}`,
      );
    await configure('');
    await writeFile(join(root, 'etc/fatbuildr/instances.d/default.yml'), INSTANCE);
    await execa('systemctl', [`--root=${root}`, 'mask', 'redis-server.service']);
    await execa('systemctl', [`--root=${root}`, 'enable', 'fatbuildr.target']);

    container = spawn(
      'systemd-nspawn',
      [
        ...['--quiet', '--register=no', '--keep-unit', '--boot', '--private-network', '--resolv-conf=off'],
        ...[`--machine=${basename(directory)}`, `--directory=${root}`, 'systemd.log_target=console'],
      ],
      { stdio: 'ignore' },
    );
    const init = await initOf(container);
    const run = async (...command: string[]) => {
      const { all } = await execa('nsenter', ['--target', init, '--all', '--', ...command], {
        all: true,
        reject: false,
      });
      return all;
    };
    const state = await untilUp(run);
    if (state !== 'running') {
      throw new Error(`the system is ${state}:\n${await run('journalctl', '--no-pager', '--priority=notice')}`);
    }
    return {
      client: connect(`unix:///proc/${init}/root/run/fatbuildr/api.sock`, undefined),
      run,
      property: (unit, name) => run('systemctl', 'show', '--property', name, '--value', unit),
      configure,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Made once, in a minute, from the host's own APT sources, and kept in `FATBUILDR_TEST_CACHE`. Never written again. */
async function bootableTree(): Promise<string> {
  const tree = join(cache, 'booting-bookworm');
  if (await stat(tree).catch(() => undefined)) return tree;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${tree}.`);
  const packages = 'systemd,systemd-sysv,dbus,redis-server,openssl,gpgv,iproute2';
  const sources = '/etc/apt/sources.list.d/debian.sources';
  await execa('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${packages}`, 'bookworm', draft, sources]);
  await rename(draft, tree).catch(() => removeTree(draft)); // another test file was faster
  return tree;
}

/** The process on the host that is the container's init; nspawn has another child before it. */
async function initOf(container: ChildProcess): Promise<string> {
  for (let left = 200; left > 0 && container.exitCode === null; left--) {
    const { stdout } = await execa('pgrep', ['--parent', `${container.pid}`], { reject: false });
    for (const pid of stdout.split('\n').filter(Boolean)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (/^NSpid:\t\d+\t1$/m.test(status)) return pid;
    }
    await sleep(50);
  }
  throw new Error(`systemd-nspawn ended with ${container.exitCode}`);
}

async function untilUp(run: BootedSystem['run']): Promise<string> {
  for (let left = 300; left > 0; left--) {
    const state = (await run('systemctl', 'is-system-running')).trim();
    if (/^(running|degraded|maintenance)$/.test(state)) return state;
    await sleep(200);
  }
  return 'not up within a minute';
}
