import { statfs } from 'node:fs/promises';
import { type Clock, expiryWarning, type HealthView, type KeyHolder, type WorkerView } from '@fatbuildr/domain';

export interface HealthSources {
  /** Asks the database something. */
  database(): Promise<unknown>;
  /** Asks Redis something. */
  redis(): Promise<unknown>;
  workers(): Promise<WorkerView[]>;
  /** What the publisher warns of. */
  repositories(): Promise<string[]>;
  /** When the keys of instances end, ms; null: never. */
  keyrings(): Promise<(KeyHolder & { expires: number | null })[]>;
  clock: Clock;
  /** Directory whose file system holds database, blobs and logs. */
  state: string;
  /** How long a part may take to answer, ms. */
  timeoutMs?: number;
}

/** Below this share of free disk uploads are refused. */
const LOW_DISK = 0.05;

/** Asks every part of the farm how it is; a part that does not answer in time is not well. */
export async function readHealth({ timeoutMs = 2_000, ...sources }: HealthSources): Promise<HealthView> {
  const parts = {
    database: await probe(timeoutMs, async () => {
      await sources.database();
      return 'answers';
    }),
    redis: await probe(timeoutMs, async () => {
      await sources.redis();
      return 'answers';
    }),
    disk: await probe(timeoutMs, async () => {
      const { bavail, blocks } = await statfs(sources.state);
      const free = bavail / blocks;
      const said = `${Math.floor(free * 100)} % free`;
      if (free < LOW_DISK) throw new Error(`${said}: uploads are refused below ${LOW_DISK * 100} %`);
      return said;
    }),
    workers: await probe(timeoutMs, async () => {
      const workers = await sources.workers();
      const online = workers.filter(({ state }) => state === 'online').length;
      if (workers.length > 0 && online === 0) throw new Error(`none of ${workers.length} is online`);
      return `${online} of ${workers.length} online`;
    }),
    keyrings: await probe(timeoutMs, async () => {
      const keyrings = await sources.keyrings();
      const now = sources.clock();
      const warnings = keyrings.flatMap(({ expires, ...holder }) => expiryWarning(holder, expires, now) ?? []);
      if (warnings.length > 0) throw new Error(warnings.join(' '));
      return `${keyrings.length} valid`;
    }),
    repositories: await probe(timeoutMs, async () => {
      const warnings = await sources.repositories();
      if (warnings.length > 0) throw new Error(`${warnings.join(' ')} The log of the publisher says why.`);
      return 'as they should be';
    }),
  };
  // a farm whose hosts are away, whose key ends soon or whose repository is damaged still takes submissions
  const { workers: _, keyrings: __, repositories: ___, ...vital } = parts;
  return { status: Object.values(vital).every(({ ok }) => ok) ? 'ok' : 'degraded', parts };
}

async function probe(timeoutMs: number, ask: () => Promise<string>): Promise<{ ok: boolean; detail: string }> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return { ok: true, detail: await Promise.race([ask(), late.promise]) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
