import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '@fatbuildr/database';
import type { Clock, Instance, KeyHolder, KeyringInfo, WorkerView } from '@fatbuildr/domain';
import { capabilitiesOf, hostsOf, PUBLISHER } from '../control/capabilities.ts';
import { isOnline } from '../control/timing.ts';

const REDIS_TIMEOUT_MS = 1_000;

/** The farm at one moment. Times are ms, sizes bytes. */
export interface FarmReading {
  queues: { capability: string; queued: number; oldestWait: number; running: number }[];
  workers: Pick<WorkerView, 'name' | 'state' | 'slots' | 'busy'>[];
  disks: { where: string; free: number; total: number }[];
  publisherOnline: boolean;
  redis: boolean;
  /** Those that expire. */
  keyrings: { instance: string; expires: number }[];
}

export interface FarmSources {
  stores: Pick<Stores, 'jobs' | 'workers'>;
  workers(): Promise<WorkerView[]>;
  keyring(instance: string): Promise<KeyringInfo | undefined>;
  redis(): Promise<boolean>;
  instances: readonly Pick<Instance, 'id' | 'distributions'>[];
  /** Directory whose file system holds database, blobs and logs. */
  state: string;
  clock: Clock;
}

/** Reads what the gauges show, with a few queries whose cost does not grow with the history. */
export async function readFarm(sources: FarmSources): Promise<FarmReading> {
  const now = sources.clock();
  const hosts = hostsOf(await sources.stores.workers.list());
  const publisher = hosts.find(({ row }) => row.pool === PUBLISHER);
  const workers = await sources.workers();
  const keyrings = await readKeyrings(sources);
  return {
    queues: await readQueues(sources.stores, hosts.flatMap(capabilitiesOf), now),
    workers,
    disks: [
      { where: 'state', ...(await diskOf(sources.state)) },
      ...(publisher?.report.disk ? [{ where: 'registry', ...publisher.report.disk }] : []),
      ...workers.flatMap(({ name, disk }) => (disk ? [{ where: `worker:${name}`, ...disk }] : [])),
    ],
    publisherOnline: publisher !== undefined && isOnline(publisher.row, now),
    redis: await answersInTime(sources.redis()),
    keyrings: keyrings.flatMap(({ instance, expires }) => (expires === null ? [] : [{ instance, expires }])),
  };
}

/** What the publisher warned of when it reported last. */
export async function readPublisherWarnings({ workers }: Pick<Stores, 'workers'>): Promise<string[]> {
  const publisher = hostsOf(await workers.list()).find(({ row }) => row.pool === PUBLISHER);
  return publisher?.report.warnings ?? [];
}

/** When the keys of the instances that have one end, ms; null: never. */
export async function readKeyrings({
  instances,
  keyring,
}: Pick<FarmSources, 'instances' | 'keyring'>): Promise<(KeyHolder & { expires: number | null })[]> {
  const all = await Promise.all(instances.map(async (one) => ({ ...one, info: await keyring(one.id) })));
  return all.flatMap(({ id, distributions, info }) => {
    const rpm = distributions.some(({ format }) => format === 'rpm');
    return info ? [{ instance: id, rpm, expires: info.expires }] : [];
  });
}

/** What waits and what some host could take: an empty queue is shown as 0. */
async function readQueues(
  { jobs }: Pick<Stores, 'jobs'>,
  served: readonly string[],
  now: number,
): Promise<FarmReading['queues']> {
  const depths = await jobs.depths();
  const capabilities = new Set([...served, ...depths.map(({ capability }) => capability)]);
  return [...capabilities].map((capability) => {
    const of = (state: string) => depths.find((one) => one.capability === capability && one.state === state);
    const waiting = of('queued');
    return {
      capability,
      queued: waiting?.count ?? 0,
      oldestWait: waiting ? Math.max(0, now - waiting.oldest) : 0,
      running: of('running')?.count ?? 0,
    };
  });
}

/** A Redis that is frozen answers nothing at all, and a scrape must not wait for it. */
async function answersInTime(answer: Promise<boolean>): Promise<boolean> {
  const waiting = new AbortController();
  const late = sleep(REDIS_TIMEOUT_MS, false, { signal: waiting.signal }).catch(() => false);
  try {
    return await Promise.race([answer, late]);
  } finally {
    waiting.abort();
  }
}

async function diskOf(directory: string): Promise<{ free: number; total: number }> {
  const { bsize, blocks, bavail } = await statfs(directory);
  return { free: bsize * bavail, total: bsize * blocks };
}
