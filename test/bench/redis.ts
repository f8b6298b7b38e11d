import { type ChildProcess, spawn } from 'node:child_process';
import { answers } from '@fatbuildr/daemon/src/redis.ts';
import { until } from './until.ts';

/** A Redis of the bench's own on a socket in `directory`, with the settings that fatbuildrd gives its own. */
export async function startRedis(directory: string): Promise<{ url: string; process: ChildProcess }> {
  const socket = `${directory}/redis.sock`;
  const settings = {
    port: '0',
    unixsocket: socket,
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    loglevel: 'warning',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const redis = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...options], { stdio: 'ignore' });
  await until(() => answers(socket), 10_000);
  return { url: `unix://${socket}`, process: redis };
}
