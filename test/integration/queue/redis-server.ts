import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A redis-server of one test's own, on a Unix socket in a directory that goes with it. */
export interface OwnRedis {
  url: string;
  start(): Promise<void>;
  /** SIGTERM, or SIGKILL for a crash. What was written stays. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

export function ownRedis(): OwnRedis {
  const directory = mkdtempSync(join(tmpdir(), 'fatbuildr-redis-'));
  const socket = join(directory, 'redis.sock');
  let child: ChildProcess | undefined;

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    running.kill(signal);
    await once(running, 'exit');
    rmSync(socket, { force: true });
  };
  return {
    url: `unix://${socket}`,
    stop,
    async start() {
      const options = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--appendonly', 'yes', '--save', ''];
      child = spawn('redis-server', options, { stdio: 'ignore' });
      while (!existsSync(socket)) await delay(20);
    },
    async remove() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
