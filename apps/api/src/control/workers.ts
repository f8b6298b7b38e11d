import type { WorkerRow } from '@fatbuildr/database';
import {
  HostReport,
  newId,
  newSecret,
  ProblemError,
  type RegisterRequest,
  type RegisterResponse,
  type WorkerView,
} from '@fatbuildr/domain';
import { servedInstances, whyPaused } from './availability.ts';
import { capabilitiesOf, type Host, hostsOf, PUBLISHER } from './capabilities.ts';
import { type Change, type Context, change } from './context.ts';
import { drain, remove, resume } from './host-operations.ts';
import { loseAttempt } from './lost-attempts.ts';
import { grantRedis } from './redis-users.ts';
import { notFound } from './refusal.ts';
import { hashSecret } from './secrets.ts';
import type { WorkerIdentity, Workers } from './services.ts';
import { HEARTBEAT_MS, isOnline, LEASE_MS } from './timing.ts';
import { newWorkerRow, secretHashes } from './worker-rows.ts';

export function createWorkers(context: Context): Workers {
  const { database, clock } = context;

  /** The worker called `name`, with a new secret when it is made now. A name that is taken in another pool moves. */
  function ensure(
    name: string,
    pool: string,
    secret: string | null,
  ): Promise<{ id: string; made: boolean; incomplete: boolean }> {
    return change(context, async (tx) => {
      const found = await tx.workers.named(name);
      if (found && found.pool !== pool) await tx.workers.update(found.id, { pool });
      if (found) return { id: found.id, made: false, incomplete: found.redisHash === null };
      const row = newWorkerRow({ id: newId(), name, pool, secret, instancesJson: null }, tx.now);
      await tx.workers.insert(row);
      await tx.audit.append({ at: tx.now, who: 'local', action: 'worker-create', subject: row.id, detail: name });
      return { id: row.id, made: true, incomplete: false };
    });
  }

  async function views(hosts: readonly Host[]): Promise<WorkerView[]> {
    const busy = Map.groupBy(await database.stores.attempts.live(), (attempt) => attempt.worker);
    const now = clock();
    return hosts
      .filter((host) => host.row.pool !== PUBLISHER)
      .map((host) => workerView(host, busy.get(host.row.id)?.length ?? 0, now));
  }

  async function oneView(name: string): Promise<WorkerView> {
    const row = await database.stores.workers.named(name);
    const [view] = row ? await views(hostsOf([row])) : [];
    if (view) return view;
    throw notFound(row ? `The worker ${name} has not registered yet.` : `There is no worker called ${name}.`);
  }

  return {
    async ensureLocal({ name, pool, renew = false }) {
      if (pool === PUBLISHER) throw new Error(`a worker's pool may not be called ${PUBLISHER}`);
      const secret = newSecret();
      const { id, made, incomplete } = await ensure(name, pool, secret);
      const renewed = !made && (renew || incomplete);
      if (renewed) await database.stores.workers.update(id, secretHashes(secret));
      return { id, secret: made || renewed ? secret : null };
    },

    async publisher() {
      // The colon keeps the name apart from any host's.
      const { id } = await ensure('fatbuildr:publisher', PUBLISHER, null);
      return { id, name: PUBLISHER, pool: PUBLISHER, publisher: true };
    },

    async authenticate(secret) {
      const row = await database.stores.workers.withSecret(hashSecret(secret));
      if (!row) throw new ProblemError('not-authenticated', 'No worker has this secret.');
      return { id: row.id, name: row.name, pool: row.pool, publisher: false };
    },

    register: (worker, request) =>
      change(context, async (tx) => {
        const { liveAttempts, ...report } = request;
        const row = await takeReport(tx, worker, report);
        const stale = await compareAttempts(tx, worker, liveAttempts);
        context.log.info({ worker: worker.id, host: worker.name, live: liveAttempts.length }, 'worker registered');
        const host = { row, report };
        const queues = capabilitiesOf(host);
        const paused = whyPaused(host) ?? null;
        return { worker: worker.id, queues, heartbeatMs: HEARTBEAT_MS, leaseMs: LEASE_MS, stale, paused };
      }).then(async (answer): Promise<RegisterResponse> => {
        await grantRedis(context, worker.id);
        context.events.dispatch();
        return answer;
      }),

    async report(worker, report) {
      const row = await change(context, (tx) => takeReport(tx, worker, report));
      context.events.dispatch();
      return { paused: whyPaused({ row, report }) ?? null };
    },

    list: async () => views(hostsOf(await database.stores.workers.list())),
    get: oneView,
    async drain(name, by) {
      await drain(context, name, by);
      return oneView(name);
    },
    async resume(name, by) {
      await resume(context, name, by);
      return oneView(name);
    },
    remove: (name, by) => remove(context, name, by),

    async trees() {
      const hosts = hostsOf(await database.stores.workers.list());
      return hosts.flatMap(({ row, report }) => report.trees.map((tree) => ({ ...tree, worker: row.name })));
    },
  };
}

function workerView(host: Host, busy: number, now: number): WorkerView {
  const { row, report } = host;
  const { version, driver, architectures, slots, disk, trees, warnings } = report;
  return {
    ...{ id: row.id, name: row.name, pool: row.pool, seen: row.seen, busy },
    state: stateOf(row, now),
    reason: whyPaused(host) ?? null,
    instances: servedInstances(host),
    ...{ version, driver, architectures, slots, disk, trees, warnings },
  };
}

function stateOf(row: WorkerRow, now: number): WorkerView['state'] {
  if (row.quarantine !== null) return 'quarantined';
  if (row.draining) return 'draining';
  return isOnline(row, now) ? 'online' : 'offline';
}

async function takeReport(tx: Change, worker: WorkerIdentity, report: HostReport): Promise<WorkerRow> {
  const row = await tx.workers.get(worker.id);
  if (!row) throw notFound('This worker is not known any more.');
  const changes = { reportJson: JSON.stringify(HostReport.parse(report)), seen: tx.now };
  await tx.workers.update(row.id, changes);
  return { ...row, ...changes };
}

/** What the host does not know of any more ends at once; returns what it believes to hold and does not. */
async function compareAttempts(
  tx: Change,
  worker: WorkerIdentity,
  listed: RegisterRequest['liveAttempts'],
): Promise<string[]> {
  const mine = (await tx.attempts.live()).filter((attempt) => attempt.worker === worker.id);
  for (const attempt of mine) {
    if (listed.includes(attempt.id)) await tx.attempts.update(attempt.id, { leaseExpires: tx.now + LEASE_MS });
    else await loseAttempt(tx, attempt, `The worker ${attempt.host} was started anew and lost the attempt.`);
  }
  return listed.filter((id) => !mine.some((attempt) => attempt.id === id));
}
