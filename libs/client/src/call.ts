import type { Problem, ProblemKind, Route, routes } from '@fatbuildr/domain';
import { API_PREFIX, endpoints, isProblem, problemKind } from '@fatbuildr/domain/client-side';
import type { z } from 'zod';
import type { Answer, Fetch, FetchInit } from './fetch.ts';

/** What {@link call} needs to reach a server; `fetch` may go over a Unix socket. */
export interface Transport {
  /** Without a slash at the end. */
  baseUrl: string;
  fetch: Fetch;
  token?: string | undefined;
  /** What people call the server, if that is not `baseUrl`: a socket's path. */
  name?: string;
}

type Input<R, K extends string> = R extends Record<K, infer S extends z.ZodType> ? z.input<S> : undefined;
/** The argument of a call: only the parts that the route has. */
export type CallInput<R extends Route> = (Input<R, 'params'> extends undefined ? {} : { params: Input<R, 'params'> }) &
  (Input<R, 'query'> extends undefined ? {} : { query?: Input<R, 'query'> }) &
  (Input<R, 'body'> extends undefined ? {} : { body: Input<R, 'body'> }) & {
    signal?: AbortSignal;
    idempotencyKey?: string;
  };

/** The server answered with a problem: its own words, and the kind a program decides by. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly kind: ProblemKind | undefined;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.kind = problemKind(problem.type);
    this.problem = problem;
  }
}

/** No answer: the server could not be reached, or what answered was not a Fatbuildr server. */
export class ServerUnreachable extends Error {
  /** The connection was there and broke: the next one may do. */
  readonly wasCut: boolean;

  constructor({ baseUrl, name = baseUrl }: Transport, cause: unknown) {
    super(`The server at ${name} could not be reached: ${reason(cause)}`, { cause });
    this.name = 'ServerUnreachable';
    this.wasCut = [cause, (cause as Error | undefined)?.cause].some((error) =>
      CUT.has(`${(error as NodeJS.ErrnoException | undefined)?.code}`),
    );
  }
}

/** As sockets and the `fetch` of Node call it. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** How often a request is sent whose connection breaks, if it may be sent twice. */
const TRIES = 6;

/**
 * Calls one operation of the REST interface and returns its answer, which is the server's word: its schema is a type
 * here, since checking it would cost a program more than all else it does.
 *
 * @throws {ApiProblem} what the server answered instead
 * @throws {ServerUnreachable}
 */
export async function call<Name extends keyof typeof routes>(
  transport: Transport,
  name: Name,
  input: CallInput<(typeof routes)[Name]>,
): Promise<z.output<(typeof routes)[Name]['response']>> {
  const { method, path } = endpoints[name];
  const given = input as {
    params?: Record<string, string>;
    query?: Record<string, string | number | boolean | undefined>;
    body?: unknown;
    signal?: AbortSignal;
    idempotencyKey?: string;
  };
  const headers: Record<string, string> = {};
  if (given.idempotencyKey) headers['idempotency-key'] = given.idempotencyKey;
  if (given.body !== undefined) headers['content-type'] = 'application/json';
  const init = {
    method,
    headers,
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
    ...(given.signal ? { signal: given.signal } : {}),
  };
  const mayRepeat = method === 'GET' || given.idempotencyKey !== undefined;
  const target = pathOf(path, given.params ?? {}) + queryOf(given.query ?? {});
  for (let tries = 1; ; tries++) {
    try {
      const answer = await send(transport, target, init);
      return (answer.status === 204 ? undefined : await valueOf(transport, answer)) as never;
    } catch (error) {
      const wasCut = error instanceof ServerUnreachable && error.wasCut;
      if (!wasCut || !mayRepeat || tries === TRIES || given.signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** tries));
    }
  }
}

/** One request below the API's prefix; anything but success is thrown as {@link call} does. */
export async function send(transport: Transport, path: string, init: FetchInit): Promise<Answer> {
  const authorization = transport.token ? { authorization: `Bearer ${transport.token}` } : {};
  let answer: Answer;
  try {
    const headers = { ...init.headers, ...authorization };
    answer = await transport.fetch(transport.baseUrl + API_PREFIX + path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ServerUnreachable(transport, error);
  }
  if (answer.ok) return answer;
  const problem = jsonOf(await textOf(transport, answer));
  if (isProblem(problem)) throw new ApiProblem(problem);
  throw new ServerUnreachable(transport, new Error(`status ${answer.status} without a problem document`));
}

async function valueOf(transport: Transport, answer: Answer): Promise<object> {
  const value = jsonOf(await textOf(transport, answer));
  if (value) return value;
  throw new ServerUnreachable(transport, new Error('it answered what version 1 of the API does not'));
}

async function textOf(transport: Transport, answer: Answer): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    throw new ServerUnreachable(transport, error);
  }
}

/** The object that a text holds; undefined when it holds none. */
function jsonOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `/tasks/:task` with its parameters filled in and escaped. */
export function pathOf(template: string, params: Record<string, string>): string {
  return template.replace(/:([a-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`path ${template} lacks ${name}`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, `${value}`);
  return search.size === 0 ? '' : `?${search}`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
