import { openLogFiles } from '../logs/open-log-files.ts';
import { terminalEnd } from '../terminals/terminal-end.ts';
import { createTerminals } from '../terminals/terminals.ts';
import { createAttempts } from './attempts.ts';
import { createAudit } from './audit.ts';
import type { Context } from './context.ts';
import { createEnrolments } from './enrolments.ts';
import { createEvents } from './events.ts';
import type { Fact } from './facts.ts';
import { createIdempotency } from './idempotency.ts';
import { startLoops } from './loops.ts';
import { keepRedisUsers } from './redis-users.ts';
import { createRegistry } from './registry.ts';
import type { Control } from './services.ts';
import { createSubmissions } from './submissions.ts';
import { createTasks } from './tasks.ts';
import { createTokens } from './tokens.ts';
import { createUploads } from './uploads.ts';
import { createWorkers } from './workers.ts';

/** What the control plane stands on; `logsDirectory` is where the attempts' logs are kept. */
export type ControlOptions = Omit<Context, 'logs' | 'events'> & {
  logsDirectory: string;
  /** Told what happened, once it is committed. */
  onFact?: (fact: Fact) => void;
};

/** All services on one database, blob store and queue. Nothing goes on by itself before `start`. */
export function createControl({ logsDirectory, onFact, ...parts }: ControlOptions): Control {
  const isClosed = async (attempt: string) => (await parts.database.stores.attempts.get(attempt))?.logClosed === 1;
  const logs = openLogFiles({ directory: logsDirectory, isClosed });
  const context: Context = { ...parts, logs, events: createEvents() };
  if (onFact) context.events.onFact(onFact);
  let stop: (() => Promise<void>) | undefined;
  return {
    ...createServices(context),
    async start() {
      await context.database.stores.idempotency.removeUnanswered();
      keepRedisUsers(context);
      stop ??= startLoops(context);
    },
    async stop() {
      await stop?.();
      stop = undefined;
    },
  };
}

/** The services alone, which act when they are called. */
export function createServices(context: Context): Omit<Control, 'start' | 'stop'> {
  const terminals = createTerminals();
  context.events.onFact((fact) => {
    if (fact.fact === 'attempt-ended') terminals.ended(fact.attempt, terminalEnd(fact.outcome, fact.cause, fact.shell));
  });
  return {
    submissions: createSubmissions(context),
    tasks: createTasks(context, terminals),
    attempts: createAttempts(context),
    workers: createWorkers(context),
    enrolments: createEnrolments(context),
    uploads: createUploads(context),
    tokens: createTokens(context),
    policy: context.config.policy,
    audit: createAudit(context),
    registry: createRegistry(context),
    idempotency: createIdempotency(context),
    logs: context.logs,
    terminals,
  };
}
