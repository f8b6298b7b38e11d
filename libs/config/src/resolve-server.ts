import { join } from 'node:path';
import type { Config } from './config.ts';
import type { ServerFile } from './server-schema.ts';

/** Fills in the defaults that depend on other keys or on the host. */
export function resolveServer(written: ServerFile, hostname: string): Omit<Config, 'file' | 'instances' | 'policy'> {
  const { paths, api, redis, worker, environments, limits } = written;
  const apiUrl = `http://${urlHost(api.listen.host)}:${api.listen.port}`;
  return {
    ...written,
    paths: { ...paths, registry: paths.registry ?? join(paths.state, 'registry') },
    api: {
      ...api,
      socket: api.socket ?? join(paths.run, 'api.sock'),
      internalSocket: api.internalSocket ?? join(paths.run, 'publisher.sock'),
      publicUrl: api.publicUrl ?? apiUrl,
      rates: {
        requestsPerMinute: api.rates.requestsPerMinute || undefined,
        submissionsPerHour: api.rates.submissionsPerHour || undefined,
      },
    },
    redis: {
      url: redis.url,
      socket: join(paths.run, 'redis.sock'),
      listen: redis.listen && resolveListen(redis.listen),
    },
    worker: {
      ...worker,
      name: worker.name ?? hostname,
      api: worker.api ?? apiUrl,
      secretFile: worker.secretFile ?? join(paths.state, 'worker', 'secret'),
      instances: worker.instances,
      minFreeDisk: worker.minFreeDisk,
    },
    limits: {
      ...limits,
      memoryBytes: limits.memoryBytes,
      processes: limits.processes,
      diskBytes: limits.diskBytes,
      runningPerSubmitter: limits.runningPerSubmitter,
    },
    environments: { refreshAfter: environments.refreshAfter },
  };
}

function resolveListen({ host, port, tls }: NonNullable<ServerFile['redis']['listen']>): Config['redis']['listen'] {
  return { host, port, tls: tls && { cert: tls.cert, key: tls.key, ca: tls.ca } };
}

/** How to reach an api on this host that listens on `host`: an any-address is reached by loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
