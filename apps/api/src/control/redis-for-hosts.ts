import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { type EnrolResponse, REDIS_SERVERNAME } from '@fatbuildr/domain';
import { unprocessable } from './refusal.ts';

/** Where build hosts elsewhere find Redis, and what they are to trust there. */
export type RedisForHosts = Omit<EnrolResponse['redis'], 'username' | 'password'>;

const ANY_ADDRESS = ['0.0.0.0', '::', '*'];
const LOOPBACK = /^(localhost|127\.[\d.]+|\[?::1\]?)$/;

/** @throws {ProblemError} `unprocessable` where only this machine reaches it */
export async function redisForHosts({ redis, paths }: Config): Promise<RedisForHosts> {
  if (redis.url !== undefined) return fromUrl(new URL(redis.url));
  if (!redis.listen) {
    throw unreachable('Add "redis: {listen: {}}" to fatbuildr.yml and restart fatbuildrd.');
  }
  const { host, port, tls } = redis.listen;
  const there = { host: ANY_ADDRESS.includes(host) ? null : host, port, db: 0, tls: true };
  if (!tls) {
    const ca = await readFile(join(paths.state, 'redis', 'ca.crt'), 'utf8');
    return { ...there, ca, servername: REDIS_SERVERNAME };
  }
  return { ...there, ca: tls.ca === undefined ? null : await readFile(tls.ca, 'utf8'), servername: null };
}

function fromUrl(url: URL): RedisForHosts {
  if (url.protocol === 'unix:') {
    throw unreachable('Set redis.url to a Redis that listens with TLS, or let fatbuildrd run one: redis.listen.');
  }
  return {
    host: LOOPBACK.test(url.hostname) ? null : url.hostname,
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1) || 0),
    tls: url.protocol === 'rediss:',
    ca: null,
    servername: null,
  };
}

function unreachable(hint: string) {
  return unprocessable('No other host could reach Redis: it listens on this machine alone.', hint);
}
