import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import type { RedisAddress } from './redis.ts';

/** The processes of the farm that are users of its own Redis when that listens on a network. */
export type RedisRole = 'api' | 'publisher';

/** Where fatbuildrd leaves the password of a role: a file in the directory of its Redis. */
export function passwordFile(directory: string, role: RedisRole): string {
  return join(directory, `${role}.password`);
}

/** How a process on the machine of the farm reaches Redis. */
export async function redisFor(
  role: RedisRole,
  { redis, paths }: Pick<Config, 'redis' | 'paths'>,
): Promise<RedisAddress> {
  if (redis.url !== undefined) return { url: redis.url };
  const url = `unix://${redis.socket}`;
  if (!redis.listen) return { url };
  const password = (await readFile(passwordFile(join(paths.state, 'redis'), role), 'utf8')).trim();
  return { url, username: role, password };
}
