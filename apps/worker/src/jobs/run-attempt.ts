import { join } from 'node:path';
import {
  type AttemptApi,
  createShipper,
  isRevoked,
  isStaleFence,
  mayPass,
  phaseReporter,
  type WorkerApi,
} from '@fatbuildr/client/worker';
import { createWorkspace } from '@fatbuildr/containers';
import { type ClaimResponse, Failure, type ResultRequest, toFailure, type WorkerOrder } from '@fatbuildr/domain';
import { every, type Logger, pause } from '@fatbuildr/service';
import { openJobLog } from '../log/job-log.ts';
import { watchDeadlines } from './deadlines.ts';
import { watchDisk } from './disk-quota.ts';
import { Abandoned, type Finished, type Job, type Works } from './job.ts';
import { inBytes } from './limits.ts';

export interface AttemptRunnerOptions {
  api: WorkerApi;
  works: Works;
  /** Directories of attempts are made here. */
  workspaces: string;
  log: Logger;
  /** Why this host has no room for jobs, in words; undefined while it has. */
  hostFull?: () => Promise<string | undefined>;
  /** How long (ms) a job goes on while the api does not answer. */
  outageMs?: number;
}

/** An attempt that is being made. */
export interface RunningAttempt {
  readonly id: string;
  /** Ends it early. The first reason counts. */
  end(reason: Error): void;
  /** Fulfilled when nothing of it is left on this host, whatever became of it. */
  readonly over: Promise<void>;
}

/** Starts the attempt that a claim gave and sees it through: work, result, check, clean-up, close. */
export function startAttempt(
  claim: ClaimResponse,
  order: WorkerOrder,
  heartbeatMs: number,
  options: AttemptRunnerOptions,
): RunningAttempt {
  const ending = new AbortController();
  const end = (reason: Error) => ending.abort(reason);
  const log = options.log.child({ attempt: claim.attempt, task: claim.task });
  const over = runAttempt(claim, order, heartbeatMs, ending, { ...options, log }).catch((err: unknown) => {
    log.error({ err }, 'the attempt could not be brought to an end');
  });
  return { id: claim.attempt, end, over };
}

async function runAttempt(
  claim: ClaimResponse,
  order: WorkerOrder,
  heartbeatMs: number,
  ending: AbortController,
  options: AttemptRunnerOptions,
): Promise<void> {
  const { log: serverLog } = options;
  const api = options.api.attempt(claim, ending.signal);
  const workspace = await createWorkspace(options.workspaces, claim.attempt);
  const end = (error: unknown) => ending.abort(isStaleFence(error) || isRevoked(error) ? new Abandoned('lost') : error);

  const log = openJobLog({
    path: join(workspace.path, 'log'),
    limit: order.limits.logBytes,
    onLimit: () => end(logTooLong(order.limits.logBytes)),
    onError: (error) => end(logUnwritable(error)),
    onWrite: () => shipper.wake(),
  });
  const shipper = createShipper({ log, append: api.appendLog });
  shipper.ended.catch(end);
  const phases = phaseReporter({ log, send: api.event, onError: end });
  const undo: (() => Promise<void>)[] = [];
  const over = new AbortController();
  void beat(api, heartbeatMs, options.outageMs ?? 600_000, over.signal, end);
  const deadlines = watchDeadlines(order.limits, log, end);
  const disk = watchDisk(
    { limit: order.limits.diskBytes, directory: workspace.path, except: [join(workspace.path, 'log')] },
    end,
  );

  const told: Pick<ResultRequest, 'shell'> = {};
  const job: Job = {
    id: claim.attempt,
    task: claim.task,
    order,
    api,
    log,
    workspace: workspace.path,
    signal: ending.signal,
    phase: phases.run,
    mark: phases.mark,
    defer: (step) => undo.push(step),
    untimed: deadlines.stop,
    shellEnded(shell) {
      told.shell = shell;
    },
  };

  const reason = await (async () => {
    try {
      const finished = await workOn(job, options.works);
      await phases.settled();
      ending.signal.throwIfAborted();
      const { build, fetched } = finished;
      // Who asks for the log as soon as the task is done finds in it what the work printed.
      await shipper.flush();
      await api.result({
        outcome: 'success',
        cause: null,
        build,
        publication: null,
        ...(fetched ? { fetched } : {}),
        ...told,
      });
      await check(job, finished);
      return undefined;
    } catch (error) {
      return ending.signal.aborted ? ending.signal.reason : error;
    } finally {
      deadlines.stop();
      disk.stop();
    }
  })();

  const blamed = await blame(reason, options.hostFull);
  if (blamed !== undefined) await report(blamed, told, job, shipper.flush, serverLog);
  for (const step of undo.toReversed()) {
    await step().catch((err: unknown) => serverLog.error({ err }, 'cleaning up after an attempt failed'));
  }
  await close(reason, api, shipper.flush, serverLog);
  over.abort();
  shipper.stop();
  log.close();
  await workspace.remove();
}

/** The order's kind picks the work; each entry of the table takes orders of its own kind. */
function workOn(job: Job, works: Works): Promise<Finished> {
  const work = works[job.order.kind] as (job: Job) => Promise<Finished>;
  return work(job);
}

/** What comes after the result is for information: it may fail, and a stop of this host cuts it short. */
async function check(job: Job, { after }: Finished): Promise<void> {
  try {
    await after?.();
  } catch (error) {
    if (isStaleFence(error)) throw error;
    job.log.line(`The check was not completed: ${toFailure(error).message}`);
  }
}

/** What a full disk of the host may bring about as well: programs that cannot write say all kinds of things. */
const DOUBTED: readonly Failure['outcome'][] = ['build-failure', 'dependency-failure', 'rejected'];

/** While the disk of the host is full, a failure is the host's, whatever it says. */
async function blame(reason: unknown, hostFull: AttemptRunnerOptions['hostFull']): Promise<unknown> {
  if (!(reason instanceof Failure) || !DOUBTED.includes(reason.outcome)) return reason;
  const full = await hostFull?.().catch(() => undefined);
  if (full === undefined) return reason;
  return new Failure('infrastructure-failure', `This build host is full (${full}). It ended with: ${reason.message}`, {
    hint: 'Make room there; until then it gets no new jobs.',
    cause: reason,
  });
}

/** Tells the api how an attempt ended that did not end well. */
async function report(
  reason: unknown,
  told: Pick<ResultRequest, 'shell'>,
  job: Job,
  flush: () => Promise<void>,
  log: Logger,
): Promise<void> {
  if (isLost(reason)) {
    log.warn('attempt lost to another host');
    return;
  }
  if (reason instanceof Abandoned) {
    job.log.line('==> handed back: this build host stops');
    return;
  }
  const failure = toFailure(reason);
  if (!(reason instanceof Failure)) log.error({ err: reason }, 'attempt failed unforeseen');
  job.log.line(`==> ${failure.outcome}: ${failure.message}`);
  if (failure.hint) job.log.line(`    ${failure.hint}`);
  await flush().catch((err: unknown) => log.warn({ err }, 'the end of the log was not sent'));
  const { message, hint, where } = failure;
  const cause = { message: message.slice(0, 16_000), ...(hint && { hint }), ...(where && { where }) };
  await job.api
    .result({ outcome: failure.outcome, cause, build: null, publication: null, ...told })
    .catch((err: unknown) => log.warn({ err }, 'the result was not taken'));
}

async function close(reason: unknown, api: AttemptApi, flush: () => Promise<void>, log: Logger): Promise<void> {
  if (isLost(reason)) return;
  try {
    await flush();
    if (reason instanceof Abandoned) await api.handback();
    else await api.close();
  } catch (err) {
    log.warn({ err }, 'the attempt was not closed');
  }
}

function isLost(reason: unknown): boolean {
  return isStaleFence(reason) || (reason instanceof Abandoned && reason.why === 'lost');
}

/** Keeps the lease, which began with the claim. An api that stays away longer than `outageMs`, or has no use for us, ends the attempt. */
async function beat(
  api: AttemptApi,
  interval: number,
  outageMs: number,
  signal: AbortSignal,
  end: (error: unknown) => void,
): Promise<void> {
  let answered = Date.now();
  await pause(interval, signal);
  await every(
    interval,
    async () => {
      await api.heartbeat();
      answered = Date.now();
    },
    {
      signal,
      onError(error) {
        if (!mayPass(error)) end(error);
        else if (Date.now() - answered > outageMs) {
          end(new Failure('infrastructure-failure', 'The api did not answer this build host for too long.'));
        }
      },
    },
  );
}

function logUnwritable(cause: Error): Failure {
  return new Failure('infrastructure-failure', `The build host cannot write the log: ${cause.message}`, {
    hint: 'Make room on the build host; the job is tried again elsewhere.',
    cause,
  });
}

function logTooLong(limit: number): Failure {
  return new Failure('build-failure', `The log grew past its limit of ${inBytes(limit)}; the build was stopped.`, {
    hint: 'Make the build less verbose, or have limits.logBytes raised.',
  });
}
