import { isProblem, ProblemError, type ProblemKind, problemKind, WORKER_PREFIX } from '@fatbuildr/domain';
import type { retry } from '@fatbuildr/service';
import type { Answer, Fetch, FetchBody, FetchInit } from '../fetch.ts';

/** One call of the worker protocol. `path` is below {@link WORKER_PREFIX} and starts with a slash. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** Where the bytes that are asked for begin, at each try. */
  from?: () => number;
  /** Made anew for every try, since a stream can be read once only. */
  body?: () => FetchBody;
  signal?: AbortSignal | undefined;
  /** Ends a try (ms) that got no answer. */
  timeoutMs?: number;
  /** Called with the answer; what it throws as a network error is retried too. Default: ignore the body. */
  read?: (response: Answer) => Promise<unknown>;
}

export interface TransportOptions {
  /** Base URL of the api, without a slash at the end. */
  url: string;
  /** The worker's; none on a socket whose file mode is the authentication. */
  secret?: string;
  /** How long (ms) an api that does not answer is asked again before a call gives up. Default ten minutes. */
  outageMs?: number;
  fetch: Fetch;
  /** Of `@fatbuildr/service`. */
  retry: typeof retry;
  /** Called once when the api stops answering and once when it is back. */
  onOutage?: (outage: { began: boolean; error?: unknown }) => void;
}

export interface Transport {
  /**
   * Calls until the api has answered: an api that is away or not well is asked again with growing pauses.
   * @throws ProblemError when the api says no; the last network error once the outage has lasted too long
   */
  call<T>(call: Call & { read: (response: Answer) => Promise<T> }): Promise<T>;
  call(call: Call): Promise<void>;
  /** One try. Throws at once whatever went wrong. */
  once<T>(call: Call & { read: (response: Answer) => Promise<T> }): Promise<T>;
  once(call: Call): Promise<void>;
  /** What it takes to open a WebSocket on a path. */
  socket(path: string, headers: Record<string, string>): { url: string; headers: Record<string, string> };
}

/** Kinds that say "not now" instead of "no". */
const PASSING = new Set<ProblemKind>(['internal', 'unavailable', 'no-space', 'rate-limited', 'idempotency-running']);

const LONGEST_PAUSE_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 30_000;

/** HTTP to the api as a worker or the publisher. */
export function createTransport(options: TransportOptions): Transport {
  const { url, secret, fetch, retry, outageMs = 600_000, onOutage } = options;
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  let away = false;

  function note(began: boolean, error?: unknown): void {
    if (away === began) return;
    away = began;
    onOutage?.({ began, error });
  }

  async function once(call: Call): Promise<unknown> {
    const timeout = AbortSignal.timeout(call.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const init: FetchInit = {
      method: call.method,
      headers: { ...authorization, ...call.headers, ...rangeFrom(call.from?.() ?? 0) },
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
      duplex: 'half',
    };
    if (call.body) init.body = call.body();
    const response = await fetch(`${url}${WORKER_PREFIX}${call.path}`, init);
    if (!response.ok) throw await problemOf(response, call);
    if (call.read) return call.read(response);
    await response.body?.cancel();
    return undefined;
  }

  async function call(call: Call): Promise<unknown> {
    const deadline = Date.now() + outageMs;
    try {
      const answer = await retry(() => once(call), {
        maxDelay: LONGEST_PAUSE_MS,
        ...(call.signal ? { signal: call.signal } : {}),
        retryable: (error) => mayPass(error) && Date.now() < deadline,
        onRetry: (error) => note(true, error),
      });
      note(false);
      return answer;
    } catch (error) {
      call.signal?.throwIfAborted();
      if (!mayPass(error)) note(false);
      throw error;
    }
  }

  const socket: Transport['socket'] = (path, headers) => ({
    url: `${url.replace(/^http/, 'ws')}${WORKER_PREFIX}${path}`,
    headers: { ...authorization, ...headers },
  });
  return { call, once, socket } as Transport;
}

function rangeFrom(offset: number): Record<string, string> {
  return offset === 0 ? {} : { range: `bytes=${offset}-` };
}

/** Whether the same call may succeed later: the api is away, restarting or short of something. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ProblemError) || PASSING.has(error.kind);
}

/** Whether the api said that this attempt is not ours any more. */
export function isStaleFence(error: unknown): boolean {
  return error instanceof ProblemError && error.kind === 'stale-fence';
}

/** Whether the api does not know this worker: it was removed. */
export function isRevoked(error: unknown): boolean {
  return error instanceof ProblemError && error.kind === 'not-authenticated';
}

async function problemOf(response: Answer, { method, path }: Call): Promise<ProblemError> {
  const text = await response.text();
  const fallback = `${response.status} ${response.statusText} for ${method} ${WORKER_PREFIX}${path}`;
  const problem = jsonOf(text);
  if (!isProblem(problem)) return new ProblemError(kindOfStatus(response.status), fallback);
  const { type, title, status, detail, hint, ...members } = problem;
  return new ProblemError(problemKind(type) ?? kindOfStatus(status), detail ?? title, {
    ...(hint === undefined ? {} : { hint }),
    members,
  });
}

/** For answers that are not the api's own, those of a proxy in between for instance. */
function kindOfStatus(status: number): ProblemKind {
  if (status === 401) return 'not-authenticated';
  if (status === 403) return 'not-authorised';
  if (status === 404) return 'not-found';
  if (status === 413) return 'too-large';
  return status >= 500 || status === 408 || status === 429 ? 'unavailable' : 'bad-request';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
