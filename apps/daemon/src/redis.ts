import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newSecret } from '@fatbuildr/domain';
import { passwordFile, QUEUE_PREFIX, type RedisRole } from '@fatbuildr/queue';
import { Redis } from 'ioredis';
import { keepSecret } from './keep-secret.ts';
import type { Part } from './part.ts';
import { type RedisTls, redisCertificate } from './redis-certificate.ts';

export interface PrivateRedis {
  /** The Unix socket it listens on. */
  socket: string;
  /** Where its append-only file lies, and passwords and certificate when it listens. */
  directory: string;
  /** Where it listens by TLS as well; undefined: nowhere. */
  listen?: { host: string; port: number; tls: RedisTls | undefined } | undefined;
}

/** What the processes of the farm may do in a Redis that listens. */
const ROLE_RULES: Record<RedisRole, string> = {
  api: '~* &* +@all',
  publisher: `~${QUEUE_PREFIX}:publisher:* +@all -@admin -@dangerous -@pubsub +info`,
};

/**
 * The farm's own Redis: its file appended to and synchronised every second, and nothing evicted, since a queue that
 * forgets is no queue. Without `listen` it has no TCP port, and the mode of the socket is the authentication. With it
 * there is TLS alone, nobody is the default user, and the processes of the farm have passwords, in files that are made
 * before it starts. `setpriv` (util-linux) ends it when fatbuildrd dies.
 */
export function redisPart({ socket, directory, listen }: PrivateRedis): Part {
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
    ...(listen && {
      bind: listen.host,
      'tls-port': String(listen.port),
      'tls-cert-file': listen.tls?.cert ?? join(directory, 'tls.crt'),
      'tls-key-file': listen.tls?.key ?? join(directory, 'tls.key'),
      'tls-ca-cert-file': listen.tls?.ca ?? listen.tls?.cert ?? join(directory, 'ca.crt'),
      'tls-auth-clients': 'no',
      aclfile: join(directory, 'users.acl'),
    }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  let password: string | undefined;
  return {
    name: 'redis',
    command: 'setpriv',
    args: ['--pdeathsig', 'TERM', 'redis-server', ...options],
    async prepare() {
      if (!listen) return;
      if (!listen.tls) await redisCertificate(directory);
      password = await writeUsers(directory);
    },
    probe: (signal) => untilAnswers(socket, password, signal),
    startWithin: 60_000,
    stopWithin: 15_000,
  };
}

/** The users that are there before the api adds the workers; returns the password of the api. */
async function writeUsers(directory: string): Promise<string> {
  const lines = ['user default reset off'];
  const passwords: string[] = [];
  for (const [role, rules] of Object.entries(ROLE_RULES)) {
    const password = await keepSecret(passwordFile(directory, role as RedisRole), newSecret);
    passwords.push(password);
    const hash = createHash('sha256').update(password).digest('hex');
    lines.push(`user ${role} reset on #${hash} ${rules}`);
  }
  await writeFile(join(directory, 'users.acl'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return passwords[0] as string;
}

/** Resolves when a Redis on `socket` answers and has loaded its file. */
async function untilAnswers(socket: string, password: string | undefined, signal: AbortSignal): Promise<void> {
  while (!(await answers(socket, password))) await sleep(50, undefined, { signal });
}

/** Whether a Redis on `socket` answers to PING; `password` is the api's, where users need one. */
export async function answers(socket: string, password?: string): Promise<boolean> {
  const user = password === undefined ? {} : { username: 'api', password };
  const options = { path: socket, lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000, ...user };
  const client = new Redis(options);
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
