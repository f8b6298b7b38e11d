import {
  type AttemptApi,
  createShipper,
  isStaleFence,
  mayPass,
  phaseReporter,
  type WorkerApi,
} from '@fatbuildr/client/worker';
import { type ClaimResponse, Failure, type PublicationResult, type PublisherOrder, toFailure } from '@fatbuildr/domain';
import { every, type Logger } from '@fatbuildr/service';
import { openAttemptLog } from './attempt-log.ts';
import { Abandoned, type Job, type Works } from './job.ts';

export interface AttemptOptions {
  api: Pick<WorkerApi, 'attempt'>;
  works: Works;
  log: Logger;
}

/** An attempt that is being made. */
export interface RunningAttempt {
  readonly id: string;
  /** Gives it back, unless the head may move already: then it is finished. */
  handBack(): void;
  /** Ends it likewise, without a word to the api: it is another's. */
  lose(): void;
  /** Fulfilled when it is over, whatever became of it. */
  readonly over: Promise<void>;
}

/** Starts the attempt that a claim gave and sees it through: work, result, close. */
export function startAttempt(
  claim: ClaimResponse,
  order: PublisherOrder,
  heartbeatMs: number,
  options: AttemptOptions,
): RunningAttempt {
  const ending = new AbortController();
  let committed = false;
  const end = (error: unknown) => {
    if (!committed) ending.abort(isStaleFence(error) ? new Abandoned('lost') : error);
  };
  const api = options.api.attempt(claim, ending.signal);
  const commit = async () => {
    ending.signal.throwIfAborted();
    committed = true;
    await api.commit().catch((error: unknown) => {
      committed = false;
      throw error;
    });
  };
  const log = options.log.child({ attempt: claim.attempt, task: claim.task });
  const over = runAttempt({
    claim,
    order,
    heartbeatMs,
    api,
    end,
    signal: ending.signal,
    commit,
    works: options.works,
    log,
  });
  return {
    id: claim.attempt,
    handBack: () => end(new Abandoned('handback')),
    lose: () => end(new Abandoned('lost')),
    over: over.catch((err: unknown) => log.error({ err }, 'the attempt could not be brought to an end')),
  };
}

interface Attempt {
  claim: ClaimResponse;
  order: PublisherOrder;
  heartbeatMs: number;
  api: AttemptApi;
  end: (error: unknown) => void;
  signal: AbortSignal;
  commit: () => Promise<void>;
  works: Works;
  log: Logger;
}

async function runAttempt(attempt: Attempt): Promise<void> {
  const { claim, order, heartbeatMs, api, end, signal, commit, works, log: serverLog } = attempt;
  const log = openAttemptLog(() => shipper.wake());
  const shipper = createShipper({ log, append: api.appendLog });
  // A publication does not fail for its log, but a stale fence is one wherever it shows.
  shipper.ended.catch((err: unknown) => {
    if (isStaleFence(err)) end(err);
    else serverLog.warn({ err }, 'the log is not taken');
  });
  const flush = () => shipper.flush().catch(() => {});
  const phases = phaseReporter({ log, send: api.event, onError: end });
  const over = new AbortController();
  const onError = (error: unknown) => {
    if (!mayPass(error)) end(error);
  };
  const beating = every(heartbeatMs, api.heartbeat, { signal: over.signal, onError });
  const { task } = claim;
  const { fetchOrigin } = api;
  const job: Job = { task, order, signal, line: log.line, phase: phases.run, mark: phases.mark, fetchOrigin, commit };

  try {
    const publication = await workOn(job, works);
    await phases.settled();
    await flush();
    await api.result({ outcome: 'success', cause: null, build: null, publication });
    await api.close();
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    await giveUp(reason, { api, line: log.line, flush, log: serverLog });
  } finally {
    over.abort();
    shipper.stop();
    await beating;
  }
}

/** The order's kind picks the work; each entry of the table takes orders of its own kind. */
function workOn(job: Job, works: Works): Promise<PublicationResult> {
  const work = works[job.order.kind] as (job: Job) => Promise<PublicationResult>;
  return work(job);
}

interface Ending {
  api: AttemptApi;
  line: (text: string) => void;
  flush: () => Promise<void>;
  log: Logger;
}

/** Tells the api how an attempt ended that did not end well. */
async function giveUp(reason: unknown, { api, line, flush, log }: Ending): Promise<void> {
  if (isStaleFence(reason) || (reason instanceof Abandoned && reason.why === 'lost')) {
    log.warn('attempt lost or cancelled');
    return;
  }
  try {
    if (reason instanceof Abandoned) {
      line('==> handed back: the publisher stops');
      await flush();
      await api.handback();
      return;
    }
    if (!(reason instanceof Failure)) log.error({ err: reason }, 'attempt failed unforeseen');
    const { outcome, message, hint } = toFailure(reason);
    line(`==> ${outcome}: ${message}`);
    if (hint) line(`    ${hint}`);
    await flush();
    const cause = { message: message.slice(0, 16_000), ...(hint && { hint }) };
    await api.result({ outcome, cause, build: null, publication: null });
    await api.close();
  } catch (err) {
    log.warn({ err }, 'the result was not taken');
  }
}
