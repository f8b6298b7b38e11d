import { Redis } from 'ioredis';

/** A client for one command at a time waits no longer than this between tries to reconnect, ms. */
const RECONNECT_LIMIT = 500;

/**
 * A Redis client for `redis://`, `rediss://` or `unix:///path/to/socket`. It reconnects for ever; commands wait for it.
 * Errors of the connection go to `onError`, never into the air.
 */
export function connectRedis(url: string, onError: (error: Error) => void): Redis {
  const options = {
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(50 * times, RECONNECT_LIMIT),
  };
  const client = url.startsWith('unix://')
    ? new Redis({ ...options, path: decodeURIComponent(new URL(url).pathname) })
    : new Redis(url, options);
  client.on('error', onError);
  return client;
}
