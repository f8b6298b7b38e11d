import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { InstanceName, PoolName, WorkerName } from '@fatbuildr/domain';
import { z } from 'zod';
import { Commands, Environments, Images } from './image-schema.ts';
import { Duration, Size } from './quantities.ts';
import { HttpUrl, urlHasProtocol } from './urls.ts';

// A message says what was expected, as a noun phrase: the reader is told "found …, expected <message>".

const AbsolutePath = z.string().refine(isAbsolute, 'an absolute path');

const Network = z
  .string()
  .refine((text) => isNetwork(text), 'an address such as 127.0.0.1, or a network such as 10.0.0.0/8');

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

const Rate = z.int('a whole number, 0 for no limit').min(0);

const RedisUrl = z
  .string()
  .refine((text) => urlHasProtocol(text, ['redis:', 'rediss:', 'unix:']), 'a redis://, rediss:// or unix:// URL');

/** `fatbuildr.yml` as written. Defaults that depend on other keys are filled in by `resolveServer`. */
export const ServerFile = z.strictObject({
  paths: z
    .strictObject({
      state: AbsolutePath.default('/var/lib/fatbuildr'),
      cache: AbsolutePath.default('/var/cache/fatbuildr'),
      run: AbsolutePath.max(90, 'at most 90 characters, as Unix sockets lie in it').default('/run/fatbuildr'),
      registry: AbsolutePath.optional(),
    })
    .prefault({}),
  api: z
    .strictObject({
      listen: z
        .strictObject({
          host: z.string().min(1, 'a host name or address').default('127.0.0.1'),
          port: z.int('a port number').min(0).max(65_535).default(8470),
        })
        .prefault({}),
      socket: AbsolutePath.optional(),
      internalSocket: AbsolutePath.optional(),
      publicUrl: HttpUrl.optional(),
      uploadLimit: Size.prefault('2GiB'),
      trustedProxies: z.array(Network).default([]),
      rates: z
        .strictObject({ requestsPerMinute: Rate.default(3000), submissionsPerHour: Rate.default(0) })
        .prefault({}),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: RedisUrl.optional(),
      listen: z
        .strictObject({
          host: z.string().min(1, 'a host name or address').default('0.0.0.0'),
          port: z.int('a port number').min(1).max(65_535).default(6380),
          tls: z.strictObject({ cert: AbsolutePath, key: AbsolutePath, ca: AbsolutePath.optional() }).optional(),
        })
        .optional(),
    })
    .refine((redis) => redis.url === undefined || redis.listen === undefined, {
      error: 'either url, a Redis that is there already, or listen, for the one that fatbuildrd starts',
      path: ['listen'],
    })
    .prefault({}),
  worker: z
    .strictObject({
      name: WorkerName.optional(),
      api: HttpUrl.optional(),
      slots: z.int().min(1).max(256).default(2),
      pool: PoolName.default('default'),
      secretFile: AbsolutePath.optional(),
      instances: z.array(InstanceName).min(1, 'at least one instance').optional(),
      minFreeDisk: Size.optional(),
      warm: z.strictObject({ enabled: z.boolean().default(true), maxBytes: Size.prefault('10GiB') }).prefault({}),
      ccache: z.strictObject({ maxBytes: Size.prefault('10GiB'), artifactBytes: Size.prefault('1GiB') }).prefault({}),
    })
    .prefault({}),
  containers: z.strictObject({ driver: z.enum(['nspawn', 'fake']).default('nspawn') }).prefault({}),
  images: Images,
  environments: Environments,
  commands: Commands,
  limits: z
    .strictObject({
      wall: Duration.prefault('6h'),
      silence: Duration.prefault('1h'),
      shell: Duration.prefault('1h'),
      shellSilence: Duration.prefault('15m'),
      total: Duration.prefault('24h'),
      logBytes: Size.prefault('1GiB'),
      sourceBytes: Size.prefault('2GiB'),
      resultBytes: Size.prefault('8GiB'),
      memoryBytes: Size.optional(),
      processes: z.int('a number of processes').min(1).optional(),
      diskBytes: Size.optional(),
      runningPerSubmitter: z.int('a number of jobs').min(1).optional(),
    })
    .prefault({}),
  retention: z
    .strictObject({
      uploads: Duration.prefault('24h'),
      registry: Duration.prefault('3d'),
      publications: z.int('a number of publications').min(1).default(10),
    })
    .prefault({}),
  imports: z.strictObject({ roots: z.array(AbsolutePath).default([]) }).prefault({}),
  metrics: z.strictObject({ open: z.boolean().default(false) }).prefault({}),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['json', 'text']).default('json'),
    })
    .prefault({}),
});
export type ServerFile = z.output<typeof ServerFile>;
