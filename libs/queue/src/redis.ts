import { Redis } from 'ioredis';

/** A client for one command at a time waits no longer than this between tries to reconnect, ms. */
const RECONNECT_LIMIT = 500;

/** Where a Redis is, and who asks. */
export interface RedisAddress {
  /** `redis://`, `rediss://` or `unix:///path/to/socket`. */
  url: string;
  /** Without one: as the URL says, or the default user. */
  username?: string;
  password?: string;
  /** For `rediss://`: the authority to trust (PEM) and the name to expect instead of the host's. */
  ca?: string;
  servername?: string;
}

/**
 * A Redis client for an address, or the URL of one. It reconnects for ever; commands wait for it.
 * Errors of the connection go to `onError`, never into the air.
 */
export function connectRedis(address: string | RedisAddress, onError: (error: Error) => void): Redis {
  const { url, username, password, ca, servername } = typeof address === 'string' ? { url: address } : address;
  const options = {
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(50 * times, RECONNECT_LIMIT),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined && servername === undefined
      ? {}
      : { tls: { ...(ca === undefined ? {} : { ca }), ...(servername === undefined ? {} : { servername }) } }),
  };
  const client = url.startsWith('unix://')
    ? new Redis({ ...options, path: decodeURIComponent(new URL(url).pathname) })
    : new Redis(url, options);
  client.on('error', onError);
  return client;
}
