import { enrolledRedis } from '@fatbuildr/worker/src/enrol.ts';
import { Redis } from 'ioredis';
import type { Host } from './host-farm.ts';

/** Redis as a host reaches it, or as somebody else. */
export function redisAs(host: Host, as: { username?: string; password?: string } = {}): Redis {
  const { url, username, password, ca, servername } = { ...enrolledRedis(host.enrolment), ...as };
  const tls = { ...(ca ? { ca } : {}), ...(servername ? { servername } : {}) };
  const user = { ...(username ? { username } : {}), ...(password ? { password } : {}) };
  const client = new Redis(url, { tls, ...user, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  return client;
}

/** Each command with its answer, or the first word of the refusal. */
export async function answersTo(client: Redis, commands: string[][]): Promise<string[]> {
  const answers: string[] = [];
  for (const [name = '', ...args] of commands) {
    const answer = await client.call(name, ...args).catch((error: Error) => error.message.split(' ')[0]);
    answers.push(`${[name, ...args].slice(0, 2).join(' ')}: ${answer}`);
  }
  return answers;
}
