import type { WorkerRow } from '@fatbuildr/database';
import type { RedisUser } from '@fatbuildr/queue';
import { capabilitiesOf, hostCapability, hostsOf, PUBLISHER } from './capabilities.ts';
import type { Context } from './context.ts';

/** What a worker is for Redis; undefined for who needs no user of its own. */
function redisUser(row: WorkerRow): RedisUser | undefined {
  if (row.redisHash === null || row.pool === PUBLISHER) return undefined;
  const [host] = hostsOf([row]);
  // Before it first registers nobody knows what it can build.
  const queues = host ? capabilitiesOf(host) : [hostCapability(row.id)];
  return { worker: row.name, passwordHash: row.redisHash, queues };
}

/** Lets a worker draw from its queues, as they are now. Trouble is logged: it is mended when Redis is back. */
export async function grantRedis(context: Context, id: string): Promise<void> {
  const row = await context.database.stores.workers.get(id);
  const user = row && redisUser(row);
  if (user) await orLog(context, context.redisUsers.grant(user));
}

export async function revokeRedis(context: Context, name: string): Promise<void> {
  await orLog(context, context.redisUsers.revoke(name));
}

/** Redis forgets users when it is restarted: all are made again each time it is there. */
export function keepRedisUsers(context: Context): void {
  context.redisUsers.onConnected(() => {
    const all = context.database.stores.workers.list().then((rows) => {
      const users = rows.map(redisUser).filter((user) => user !== undefined);
      return context.redisUsers.replace(users);
    });
    void orLog(context, all);
  });
}

function orLog({ log }: Context, done: Promise<void>): Promise<void> {
  return done.catch((err: unknown) => log.warn({ err }, 'the users of workers could not be changed in Redis'));
}
