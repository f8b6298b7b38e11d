import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { EnrolResponse, Failure, isProblem, WORKER_PREFIX } from '@fatbuildr/domain';
import type { RedisAddress } from '@fatbuildr/queue';
import { z } from 'zod';

/** What a host keeps of its enrolment; its secret lies in a file of its own. */
const Enrolment = EnrolResponse.omit({ secret: true }).extend({ api: z.string() });
export type Enrolment = z.infer<typeof Enrolment>;

type Files = Pick<Config, 'paths' | 'worker'>;

/**
 * Trades the token of `fatbuildrctl workers add` for what this host needs, and keeps that (mode 0600).
 * @throws Failure `rejected` when the api says no, `infrastructure-failure` when nobody answers
 */
export async function enrol(
  config: Files,
  { api, token, fetch }: { api: string; token: string; fetch: typeof globalThis.fetch },
): Promise<Enrolment> {
  const url = api.replace(/\/+$/, '');
  const response = await fetch(`${url}${WORKER_PREFIX}/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw new Failure('infrastructure-failure', `The api at ${url} does not answer ${hostname()}.`, {
      hint: 'Is it reachable from here? api.listen.host in its fatbuildr.yml says where it listens.',
      cause,
    });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refused(url, response.status, body);
  const { secret, ...answer } = EnrolResponse.parse(body);
  const enrolment: Enrolment = { ...answer, api: url };
  await keep(config.worker.secretFile, `${secret}\n`);
  await keep(enrolmentFile(config), `${JSON.stringify(enrolment, undefined, 2)}\n`);
  return enrolment;
}

/** The enrolment of this host; undefined where it never enrolled, as on the machine of the api. */
export async function readEnrolment(config: Files): Promise<Enrolment | undefined> {
  const text = await readFile(enrolmentFile(config), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  return text === undefined ? undefined : Enrolment.parse(JSON.parse(text));
}

/** Where an enrolled host finds Redis. */
export function enrolledRedis({ api, redis }: Enrolment): RedisAddress {
  const host = redis.host ?? new URL(api).hostname;
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return {
    url: `${redis.tls ? 'rediss' : 'redis'}://${address}:${redis.port}/${redis.db}`,
    username: redis.username,
    password: redis.password,
    ...(redis.ca === null ? {} : { ca: redis.ca }),
    ...(redis.servername === null ? {} : { servername: redis.servername }),
  };
}

function enrolmentFile({ paths }: Files): string {
  return join(paths.state, 'worker', 'enrolment.json');
}

async function keep(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function refused(url: string, status: number, body: unknown): Failure {
  if (!isProblem(body)) {
    return new Failure('infrastructure-failure', `What answers at ${url} with ${status} is not the api of Fatbuildr.`);
  }
  const { detail, title, hint } = body;
  return new Failure('rejected', `The api refused this host: ${detail ?? title}`, hint === undefined ? {} : { hint });
}
