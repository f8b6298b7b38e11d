import type { TaskRow } from '@fatbuildr/database';
import type { Order } from '@fatbuildr/domain';
import type { Host } from './capabilities.ts';
import { hostsFor, howToServe } from './capabilities.ts';
import type { Context } from './context.ts';
import { DISPATCH_FLOOR } from './dispatcher.ts';
import { estimateStarts, readDurations } from './estimates.ts';
import { fairOrder } from './fair-order.ts';
import {
  type FarmState,
  freeSlots,
  freeSlotsFor,
  groupsOf,
  hostsForJob,
  hostsThatTake,
  type QueuedJob,
  readFarmState,
} from './farm-state.ts';
import { runningLimits, type Usage, usageOf } from './running-limits.ts';
import { storedOrder } from './stored.ts';
import { isOnline, OTHERS_FIRST_MS } from './timing.ts';
import { missingTrees } from './trees.ts';

/** Why a task waits, in words for people, and when it will probably begin; nulls when none of its jobs is queued. */
export interface Waiting {
  waiting: string | null;
  estimatedStart: number | null;
}

export const NOT_WAITING: Waiting = { waiting: null, estimatedStart: null };

/** Where a queue stands: its jobs in the order in which they get their turn. */
interface Queue {
  position: Map<string, number>;
  starts: Map<string, number | null>;
}

/** What an explanation looks at besides the state of the farm. */
interface Circumstances {
  state: FarmState;
  /** What runs now, against the limits. */
  usage: Usage;
  diskFull: boolean;
  /** The hosts that tried a job, and when the last of them ended. */
  tried: Map<string, { hosts: Set<string>; lastEnd: number }>;
  /** What is to be done, by job. */
  orders: Map<string, Order>;
}

/** Why tasks and their jobs wait. */
export interface Explanation {
  /** Of several jobs that wait, the first that nobody can take; by name where the task is for several architectures. */
  ofTask(task: Pick<TaskRow, 'id' | 'architecturesJson'>): Waiting;
  /** By id. */
  ofJob(job: string): Waiting;
}

/** Looks at the farm once, to explain each of `tasks`. */
export async function explainWaiting(context: Context, tasks: readonly string[]): Promise<Explanation> {
  const { stores } = context.database;
  const state = await readFarmState(stores, context.clock());
  const asked = new Set(tasks);
  const queued = Map.groupBy(
    state.jobs.filter((job) => job.state === 'queued' && asked.has(job.task)),
    (job) => job.task,
  );
  const took = await readDurations(stores);
  const circumstances: Circumstances = {
    state,
    usage: usageOf(
      state.jobs.filter((job) => job.state === 'running'),
      runningLimits(context.config),
    ),
    diskFull: (await context.freeSpace()) < DISPATCH_FLOOR,
    tried: await readTried(context, [...queued.values()].flat()),
    orders: await readOrders(context, [...queued.values()].flat()),
  };
  const groups = groupsOf(state.jobs, state.hosts);
  const groupOf = new Map(groups.flatMap((group) => group.map((job) => [job.id, group])));
  const queues = new Map<QueuedJob[], Queue>();
  const queueOf = (job: QueuedJob): Queue => {
    const group = groupOf.get(job.id) ?? [];
    const known = queues.get(group);
    if (known) return known;
    const order = fairOrder(group);
    const queue = {
      position: new Map(order.map((job, index) => [job.id, index])),
      starts: estimateStarts(order, state, took),
    };
    queues.set(group, queue);
    return queue;
  };
  const explain = (job: QueuedJob): Waiting => {
    const queue = queueOf(job);
    const obstacle = whyHeldBack(job, circumstances);
    if (obstacle !== undefined) return { waiting: obstacle, estimatedStart: null };
    return { waiting: whereInQueue(job, queue, state), estimatedStart: queue.starts.get(job.id) ?? null };
  };
  return {
    ofTask({ id, architecturesJson }) {
      const waiting = (queued.get(id) ?? []).map((job) => ({ job, ...explain(job) }));
      const shown = waiting.find(({ estimatedStart }) => estimatedStart === null) ?? waiting[0];
      if (!shown) return NOT_WAITING;
      const { job, estimatedStart, waiting: reason } = shown;
      const isOneOfSeveral = (JSON.parse(architecturesJson) as string[]).length > 1;
      return { waiting: isOneOfSeveral ? `${job.name}: ${reason}` : reason, estimatedStart };
    },
    ofJob(id) {
      const job = [...queued.values()].flat().find((one) => one.id === id);
      return job ? explain(job) : NOT_WAITING;
    },
  };
}

/** What became of the jobs before. */
async function readTried({ database }: Context, jobs: readonly QueuedJob[]): Promise<Circumstances['tried']> {
  const all = await database.stores.attempts.ofJobs(jobs.map((job) => job.id));
  const attempts = all.filter((attempt) => !attempt.handedBack);
  return new Map(
    [...Map.groupBy(attempts, (attempt) => attempt.job)].map(([job, tries]) => [
      job,
      { hosts: new Set(tries.map((one) => one.worker)), lastEnd: Math.max(0, ...tries.map((one) => one.ended ?? 0)) },
    ]),
  );
}

async function readOrders({ database }: Context, jobs: readonly QueuedJob[]): Promise<Circumstances['orders']> {
  const rows = await Promise.all(jobs.map((job) => database.stores.jobs.get(job.id)));
  return new Map(rows.flatMap((row) => (row ? [[row.id, storedOrder(row)]] : [])));
}

/** What keeps a job from being anybody's next one; undefined when only others that come first do. */
function whyHeldBack(job: QueuedJob, { state, usage, diskFull, tried, orders }: Circumstances): string | undefined {
  const hosts = hostsForJob(job, state.hosts);
  if (hosts.length === 0) return whyNobodyServes(job, state.hosts);
  return (
    whyNoHost(hosts, state.now) ??
    whyUnequipped(job, orders, hosts, state.now) ??
    (diskFull ? 'The disk of the farm is nearly full: nothing new begins until there is room.' : undefined) ??
    (job.notBefore > state.now ? 'Another attempt follows in a moment.' : undefined) ??
    usage.refuses(job) ??
    whyExcluded(job, state, tried)
  );
}

/** Why no host draws from the queue of a job, and for builds what to do. */
function whyNobodyServes({ capability, instance }: QueuedJob, hosts: readonly Host[]): string {
  if (hostsFor(capability, hosts).length > 0) return `No worker serves ${capability} for instance ${instance}.`;
  const [pool = '', , architecture] = capability.split('.');
  if (architecture === undefined) return `No worker serves ${capability}.`;
  const none = `none of pool ${pool} builds for ${architecture}`;
  return `No worker serves ${capability}: ${none}. ${howToServe(pool, architecture)}`;
}

/** Why none of `hosts` takes jobs. */
function whyNoHost(hosts: readonly Host[], now: number): string | undefined {
  const obstacles = hosts.map((host) => ({ name: host.row.name, obstacle: obstacleOf(host, now) }));
  if (obstacles.some(({ obstacle }) => obstacle === undefined)) return undefined;
  const [only, ...more] = obstacles;
  if (only && more.length === 0) return `The worker it needs, ${only.name}, is ${only.obstacle}.`;
  const each = obstacles.map(({ name, obstacle }) => `${name} is ${obstacle}`);
  return `No worker can take it: ${each.join('; ')}.`;
}

/** What none of those of `hosts` has that take jobs. */
function whyUnequipped(
  { id, instance }: QueuedJob,
  orders: Circumstances['orders'],
  hosts: readonly Host[],
  now: number,
): string | undefined {
  const order = orders.get(id);
  const able = hosts.filter((host) => obstacleOf(host, now) === undefined).map(({ report }) => report);
  const missing = order && missingTrees(order, instance, able);
  return missing && `${missing.message} ${missing.hint}`;
}

function obstacleOf({ row, report }: Host, now: number): string | undefined {
  if (!isOnline(row, now)) return row.seen === 0 ? 'offline' : `offline since ${utc(row.seen)}`;
  if (row.quarantine !== null) return `quarantined: ${row.quarantine.replace(/\.$/, '')}`;
  if (row.draining) return 'draining';
  return report.full === undefined ? undefined : `full: ${report.full}`;
}

/** For a while after a failure the hosts that tried it leave a job to those that did not. */
function whyExcluded(job: QueuedJob, state: FarmState, tried: Circumstances['tried']): string | undefined {
  const attempts = tried.get(job.id);
  if (!attempts || state.now >= attempts.lastEnd + OTHERS_FIRST_MS) return undefined;
  const able = hostsThatTake(job, state);
  const fresh = able.filter(({ row }) => !attempts.hosts.has(row.id));
  if (fresh.length === 0 || fresh.some((host) => freeSlots(host, state.live) > 0)) return undefined;
  const names = (some: readonly Host[]) => some.map(({ row }) => row.name).join(', ');
  const kept = able.filter(({ row }) => attempts.hosts.has(row.id));
  if (kept.length === 0) return undefined;
  return `It failed on ${names(kept)}, so it waits for ${names(fresh)}, until ${utc(attempts.lastEnd + OTHERS_FIRST_MS)}.`;
}

function whereInQueue(job: QueuedJob, { position }: Queue, state: FarmState): string {
  const ahead = position.get(job.id) ?? 0;
  if (freeSlotsFor(job, state) > ahead) return 'A worker is being asked to take it.';
  const slots = hostsThatTake(job, state).reduce((sum, host) => sum + host.report.slots, 0);
  return `All slots (${slots}) of its workers are taken; it is number ${ahead + 1} of ${position.size} in the queue.`;
}

/** `2026-11-22 20:15:03 UTC` */
function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
