import { createHmac } from 'node:crypto';
import { QUEUE_PREFIX } from './prefix.ts';
import { connectRedis, type RedisAddress } from './redis.ts';

/**
 * What a worker may do: everything that is not for administrators, on the keys of its queues alone. `info` is BullMQ's
 * first question. What tells of other keys, or what others would feel, is taken away besides.
 */
const RULES = [
  ...['+@all', '-@admin', '-@dangerous', '-@pubsub', '+info'],
  ...['-scan', '-randomkey', '-dbsize', '-swapdb', '-function', '-script|flush', '-script|kill'],
];

const NAME_PREFIX = 'worker:';

/** The user that a worker is for Redis. */
export function redisUsername(worker: string): string {
  return NAME_PREFIX + worker;
}

/** The password that belongs to a worker's secret, and tells nothing of it. */
export function redisPassword(secret: string): string {
  return createHmac('sha256', secret).update('redis').digest('hex');
}

/** The rules (acl of Redis) of a user that may draw from `queues` and has the password with this sha256. */
export function userRules(passwordHash: string, queues: readonly string[]): string[] {
  const keys = queues.map((queue) => `~${QUEUE_PREFIX}:${queue}:*`);
  return ['reset', 'on', `#${passwordHash}`, ...keys, ...RULES];
}

export interface RedisUser {
  /** The worker's name. */
  worker: string;
  /** sha256 of its password, in hexadecimal. */
  passwordHash: string;
  queues: readonly string[];
}

/** The users of Redis that workers are. Redis forgets them when it is restarted. */
export interface RedisUsers {
  /** Makes or changes one. */
  grant(user: RedisUser): Promise<void>;
  /** Deletes one, and ends its connections. */
  revoke(worker: string): Promise<void>;
  /** Makes it so that these are all the workers there are. */
  replace(users: readonly RedisUser[]): Promise<void>;
  /** Calls `listener` each time the connection is there (again). */
  onConnected(listener: () => void): void;
  close(): Promise<void>;
}

export interface RedisUsersOptions {
  /** Of a user that may change users. */
  redis: string | RedisAddress;
  onError: (error: Error) => void;
}

/** While Redis is away `grant` and `revoke` do nothing: who listens with `onConnected` replaces all of them then. */
export function openRedisUsers({ redis, onError }: RedisUsersOptions): RedisUsers {
  const client = connectRedis(redis, onError);

  async function grant({ worker, passwordHash, queues }: RedisUser): Promise<void> {
    if (client.status !== 'ready') return;
    await client.acl('SETUSER', redisUsername(worker), ...userRules(passwordHash, queues));
  }

  return {
    grant,
    async revoke(worker) {
      if (client.status === 'ready') await client.acl('DELUSER', redisUsername(worker));
    },
    async replace(users) {
      if (client.status !== 'ready') return;
      const known = new Set(users.map((user) => redisUsername(user.worker)));
      for (const user of users) await grant(user);
      const there = await client.acl('USERS');
      const strangers = there.filter((name) => name.startsWith(NAME_PREFIX) && !known.has(name));
      if (strangers.length > 0) await client.acl('DELUSER', ...strangers);
    },
    onConnected(listener) {
      if (client.status === 'ready') listener();
      client.on('ready', listener);
    },
    close: async () => client.disconnect(),
  };
}
