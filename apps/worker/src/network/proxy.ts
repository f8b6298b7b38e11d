import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction, Socket } from 'node:net';
import { errorText } from '@fatbuildr/service';
import type { ContentCache, WarningLog } from './content-cache.ts';
import { type FetchRecord, newRecord } from './fetch-record.ts';
import { forward, sendPlain } from './forward.ts';
import { refusal } from './plain-answer.ts';
import { createRules, normalisedUrl, type Rule } from './rules.ts';
import { tunnel } from './tunnel.ts';
import { createUpstream } from './upstream.ts';

export interface JobProxyOptions {
  allow: readonly Rule[];
  /** Where immutable packages are kept; without it nothing is. */
  cache?: ContentCache;
  /** Called once a request has ended, in the order they end. */
  onFetch?: (record: FetchRecord) => void;
  /** How names become addresses; `dns.lookup` by default. */
  lookup?: LookupFunction;
  /** `http://[user:password@]host:port` of a proxy that stands before the mirror. */
  upstreamProxy?: string;
  /** How long (ms) an upstream may be silent. Default one minute. */
  timeoutMs?: number;
  log?: WarningLog;
}

export type ListenAddress = { path: string } | { host: string; port: number };

export interface JobProxy {
  /** Returns where it listens, with the port filled in when 0 was asked. May be called for several addresses. */
  listen(where: ListenAddress): Promise<ListenAddress>;
  /** Serves a connection that somebody else accepted. */
  serve(socket: Socket): void;
  /** Ends every connection; resolves when none is left and every record was handed over. */
  close(): Promise<void>;
}

/**
 * The only way out of a job's network namespace: forwards what the rules allow, caches packages, records everything, refuses the rest.
 *
 * Plain http is asked for by absolute URL (RFC 9112, 3.2.2), https by CONNECT. Rules name exactly what may be reached, so
 * private addresses are no special case; a redirect is handed to the job, and its target judged when the job asks for it.
 */
export function createJobProxy(options: JobProxyOptions): JobProxy {
  const { allow, cache, onFetch, lookup, upstreamProxy, timeoutMs = 60_000, log } = options;
  const rules = createRules(allow);
  const upstream = createUpstream({ lookup, upstreamProxy, timeoutMs });
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const serving = new Set<Promise<void>>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const url = normalisedUrl(request.url ?? '');
    const record = newRecord(method, url?.href ?? request.url ?? '');
    const rule = url === undefined ? undefined : rules.ofUrl(url);
    await recording(record, async () => {
      if (url !== undefined && rule !== undefined && (method === 'GET' || method === 'HEAD')) {
        await forward({ request, response, url, rule, record }, { cache, upstream, log });
      } else {
        const why =
          rule === undefined ? whyNot(request.url ?? '', url) : `The method ${method} does not pass: GET and HEAD do.`;
        sendPlain(response, record, refusal(`${method} ${record.url}`, why, rules.urls));
      }
    });
    // Whatever went wrong above, a client is not left waiting.
    if (!response.writableEnded) response.destroy();
  }

  async function recording(record: FetchRecord, work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    try {
      await work();
    } catch (error) {
      record.error = errorText(error);
      log?.warn({ err: error, url: record.url }, 'the proxy failed to serve a request');
    }
    record.durationMs = Math.round(performance.now() - start);
    onFetch?.(record);
  }

  function track(work: Promise<void>): void {
    serving.add(work);
    void work.finally(() => serving.delete(work));
  }

  function createProxyServer(): Server {
    const server = createServer((request, response) => track(serve(request, response)));
    server.keepAliveTimeout = timeoutMs;
    server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const record = newRecord('CONNECT', request.url ?? '');
      track(recording(record, () => tunnel(request, socket, head, { rules, upstream, record })));
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    return server;
  }

  /** Never listens: it gets its connections by `serve`. */
  const adopting = createProxyServer();

  async function listen(where: ListenAddress): Promise<ListenAddress> {
    const server = createProxyServer();
    await new Promise<void>((resolve, reject) => {
      // Stays: an accept that fails later (EMFILE) is that client's trouble, not the end of the worker.
      server.on('error', reject);
      server.listen(where, resolve);
    });
    servers.push(server);
    return 'path' in where ? where : { ...where, port: (server.address() as AddressInfo).port };
  }

  async function close(): Promise<void> {
    const closed = servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of sockets) socket.destroy();
    upstream.close();
    await Promise.all([...closed, ...serving]);
  }

  return { listen, serve: (socket) => void adopting.emit('connection', socket), close };
}

function whyNot(asked: string, url: URL | undefined): string {
  if (url !== undefined) return 'No rule of this job allows that address.';
  if (asked.startsWith('/')) return 'This is a proxy: it is asked with an absolute URL.';
  if (asked.startsWith('https:')) return 'https is reached by CONNECT.';
  return 'That is no plain http URL, or its path hides a separator behind an encoding.';
}
