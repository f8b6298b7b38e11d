import { lookup as lookupHost } from 'node:dns';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Failure } from '@fatbuildr/domain';
import { follow, parseSourceUrl, StatusError, send, troubleOf } from '@fatbuildr/service';

export interface GatewayOptions {
  /** Of the repository. */
  url: string;
  /** Lets it lie at a private address, and be reached by http. */
  allowPrivate: boolean;
  /** What the server may send, all answers together. */
  maxBytes: number;
  /** How long (ms) it may send nothing. Default one minute. */
  stallMs?: number;
  /** How names become addresses; `dns.lookup` by default. */
  lookup?: LookupFunction;
}

export interface Gateway {
  /** Serves a connection that somebody else accepted. */
  serve(socket: Socket): void;
  /** Why the repository could not be had, as far as that shows here: git is only told that it failed. */
  failure(): Failure | undefined;
  /** Ends every connection. */
  close(): void;
}

/** Where git finds the repository, below the address of the gateway. */
export const REPOSITORY_PATH = '/repository';

const ADVERTISEMENT = '/info/refs?service=git-upload-pack';
const UPLOAD_PACK = '/git-upload-pack';

/** What git may say to the server, and the server to git. */
const ASKED = ['accept', 'content-encoding', 'content-length', 'content-type', 'git-protocol', 'user-agent'];
const ANSWERED = ['content-encoding', 'content-type'];

/**
 * The only thing that a job's network has for git: one repository, to read from over smart HTTP (gitprotocol-http(5)).
 * It goes where downloads of sources may go, under the same rules: public addresses, also after a redirect, certificates
 * that this host trusts, and never from https to http.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { url, allowPrivate, maxBytes, stallMs = 60_000, lookup = lookupHost } = options;
  const stop = new AbortController();
  const outward = { allowPrivate, stallMs, lookup, signal: stop.signal, mayDowngrade: false };
  const sockets = new Set<Socket>();
  let base = url.replace(/\/+$/, '');
  let received = 0;
  let failure: Failure | undefined;

  function note(error: unknown): void {
    failure ??= failureOf(error, url);
  }

  /** The first thing git asks for; what it asks for later is where this came from. */
  async function advertise(request: IncomingMessage): Promise<IncomingMessage> {
    const first = parseSourceUrl(`${base}${ADVERTISEMENT}`);
    const { url: last, answer } = await follow(first, { ...outward, headers: picked(request.headers, ASKED) });
    checkAnswer(answer, 'application/x-git-upload-pack-advertisement', url);
    if (!last.href.endsWith(ADVERTISEMENT)) throw noRepository(url, `it leads to ${last.href}`);
    base = last.href.slice(0, -ADVERTISEMENT.length);
    return answer;
  }

  async function upload(request: IncomingMessage): Promise<IncomingMessage> {
    const headers = picked(request.headers, ASKED);
    const answer = await send(parseSourceUrl(`${base}${UPLOAD_PACK}`), {
      ...{ ...outward, method: 'POST', headers, body: request },
    });
    checkAnswer(answer, 'application/x-git-upload-pack-result', url);
    return answer;
  }

  const routes: Partial<Record<string, (request: IncomingMessage) => Promise<IncomingMessage>>> = {
    [`GET ${REPOSITORY_PATH}${ADVERTISEMENT}`]: advertise,
    [`POST ${REPOSITORY_PATH}${UPLOAD_PACK}`]: upload,
  };

  /** What the server sends, as long as it is not too much; who hangs up on this side is not the server's fault. */
  async function* limited(answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of answer) {
        received += chunk.length;
        if (received > maxBytes) throw tooLarge(url, maxBytes);
        yield chunk;
      }
    } catch (error) {
      note(error);
      throw error;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routes[`${request.method} ${request.url}`];
    if (!route) {
      response.writeHead(403).end();
      return;
    }
    const answer = await route(request).catch(note);
    if (!answer) {
      response.writeHead(502).end();
      return;
    }
    response.writeHead(200, picked(answer.headers, ANSWERED));
    // What breaks is told by `failure`, or by git, which was the one to hang up.
    await pipeline(answer, limited, response).catch(() => {});
  }

  const server = createServer((request, response) => void serve(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  return {
    serve: (socket) => void server.emit('connection', socket),
    failure: () => failure,
    close() {
      stop.abort();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function picked(headers: IncomingMessage['headers'], names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** @throws what says that the server did not answer as one of git does */
function checkAnswer(answer: IncomingMessage, type: string, url: string): void {
  const { statusCode = 0, statusMessage = '', headers } = answer;
  if (statusCode === 200 && headers['content-type'] === type) return;
  answer.destroy();
  if (statusCode !== 200) throw new StatusError(statusCode, statusMessage);
  throw noRepository(
    url,
    `its server answers with ${headers['content-type'] ?? 'something'}, not as git over HTTP does`,
  );
}

function noRepository(url: string, why: string): Failure {
  return new Failure('rejected', `${url} is not a git repository: ${why}.`, {
    hint: 'Name the URL that "git clone" takes.',
  });
}

function tooLarge(url: string, maxBytes: number): Failure {
  return new Failure('rejected', `${url} is too large: one commit of it takes more than ${maxBytes} bytes.`, {
    hint: 'Keep the definition in a repository of its own, or have limits.sourceBytes raised.',
  });
}

function failureOf(error: unknown, url: string): Failure {
  if (error instanceof Failure) return error;
  const { outcome, text } = troubleOf(error);
  const hint =
    outcome === 'rejected'
      ? 'Name a repository that everybody may read. The definition in any other can be sent along: fatbuildrctl build DIRECTORY'
      : 'Try again later: fatbuildrctl retry TASK';
  return new Failure(outcome, `${url} could not be fetched: ${text}`, { hint, cause: error });
}
