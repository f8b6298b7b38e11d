import type { Config } from '@fatbuildr/config';

/** The configuration as JSON for people; the password in a Redis URL is left out. */
export function printable(config: Config): string {
  const url = config.redis.url?.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');
  return `${JSON.stringify({ ...config, redis: { ...config.redis, url } }, undefined, 2)}\n`;
}
