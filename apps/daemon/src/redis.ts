import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Part } from './part.ts';

export interface PrivateRedis {
  /** The Unix socket it listens on, and nothing else. */
  socket: string;
  /** Where its append-only file lies. */
  directory: string;
}

/**
 * The farm's own Redis: no TCP port, its file appended to and synchronised every second, and nothing evicted, since a
 * queue that forgets is no queue. `setpriv` (util-linux) ends it when fatbuildrd dies.
 */
export function redisPart({ socket, directory }: PrivateRedis): Part {
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return {
    name: 'redis',
    command: 'setpriv',
    args: ['--pdeathsig', 'TERM', 'redis-server', ...options],
    probe: (signal) => untilAnswers(socket, signal),
    startWithin: 60_000,
    stopWithin: 15_000,
  };
}

/** Resolves when a Redis on `socket` answers and has loaded its file. */
async function untilAnswers(socket: string, signal: AbortSignal): Promise<void> {
  while (!(await answers(socket))) await sleep(50, undefined, { signal });
}

/** Whether a Redis on `socket` answers to PING. */
export async function answers(socket: string): Promise<boolean> {
  const client = new Redis({ path: socket, lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
