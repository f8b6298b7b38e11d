import { Agent, type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Rule } from './rules.ts';

export interface UpstreamOptions {
  lookup?: LookupFunction | undefined;
  upstreamProxy?: string | undefined;
  timeoutMs: number;
}

interface UpstreamRequest {
  method: string;
  url: URL;
  headers: OutgoingHttpHeaders;
  rule: Rule;
  signal: AbortSignal;
  /** True while the reader holds the upstream up, which is no silence of the upstream. */
  isReaderBusy: () => boolean;
}

/** The way to mirrors: directly, or through the proxy that stands before them. */
export interface Upstream {
  /** Resolves with the head of the answer; a time-out has the code ETIMEDOUT, also later, on the body. */
  send(request: UpstreamRequest): Promise<IncomingMessage>;
  /** A connection whose bytes go to `host:port`. */
  tunnel(host: string, port: number, rule: Rule, signal: AbortSignal): Promise<Duplex>;
  close(): void;
}

export function createUpstream({ lookup, upstreamProxy, timeoutMs }: UpstreamOptions): Upstream {
  const agent = new Agent({ keepAlive: true });
  const proxy = upstreamProxy === undefined ? undefined : proxyAt(upstreamProxy);
  const common: RequestOptions = { timeout: timeoutMs, ...(lookup === undefined ? {} : { lookup }) };

  function optionsFor({ method, url, headers, rule, signal }: UpstreamRequest): RequestOptions {
    const base = { ...common, agent, method, signal };
    if (proxy !== undefined && rule.direct !== true) {
      return { ...base, ...proxy.address, path: url.href, headers: { ...headers, ...proxy.headers, host: url.host } };
    }
    const address = { host: bareHost(url.hostname), port: url.port || 80 };
    const credentials = rule.authorization === undefined ? {} : { authorization: rule.authorization };
    const sent = { ...headers, ...credentials, host: url.host };
    return { ...base, ...address, path: `${url.pathname}${url.search}`, headers: sent };
  }

  function send(asked: UpstreamRequest, mayRepeat = true): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const outgoing = request(optionsFor(asked));
      outgoing.on('timeout', () => {
        if (asked.isReaderBusy()) outgoing.socket?.setTimeout(timeoutMs);
        else (answer ?? outgoing).destroy(timedOut(timeoutMs));
      });
      outgoing.on('response', (incoming) => {
        answer = incoming;
        resolve(incoming);
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The upstream closed an idle connection just as it was used again: says nothing about this request.
        const stale = mayRepeat && outgoing.reusedSocket && error.code === 'ECONNRESET' && answer === undefined;
        if (stale) send(asked, false).then(resolve, reject);
        else reject(error);
      });
      outgoing.end();
    });
  }

  function direct(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: bareHost(host), port, signal, ...(lookup === undefined ? {} : { lookup }) });
      socket.setTimeout(timeoutMs, () => socket.destroy(timedOut(timeoutMs)));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.setTimeout(0);
        resolve(socket);
      });
    });
  }

  function throughProxy(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const path = `${host}:${port}`;
      const headers = { ...proxy?.headers, host: path };
      const outgoing = request({
        ...common,
        ...proxy?.address,
        agent: false,
        method: 'CONNECT',
        path,
        headers,
        signal,
      });
      outgoing.on('timeout', () => outgoing.destroy(timedOut(timeoutMs)));
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        outgoing.destroy();
        reject(new Error(`the upstream proxy answered CONNECT ${path} with ${answer.statusCode}`));
      });
      outgoing.on('connect', (answer, socket, head) => {
        if (answer.statusCode !== 200) {
          socket.destroy();
          reject(new Error(`the upstream proxy answered CONNECT ${path} with ${answer.statusCode}`));
          return;
        }
        socket.setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      outgoing.end();
    });
  }

  return {
    send: (asked) => send(asked),
    tunnel: (host, port, rule, signal) =>
      proxy !== undefined && rule.direct !== true ? throughProxy(host, port, signal) : direct(host, port, signal),
    close: () => agent.destroy(),
  };
}

function proxyAt(address: string): { address: { host: string; port: number }; headers: OutgoingHttpHeaders } {
  const url = URL.parse(address);
  if (url?.protocol !== 'http:') throw new TypeError(`the upstream proxy is not an http URL: ${address}`);
  const secret = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    address: { host: bareHost(url.hostname), port: Number(url.port || 80) },
    headers: secret === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(secret).toString('base64')}` },
  };
}

/** `[::1]` of a URL as the `::1` of a socket. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function timedOut(ms: number): Error {
  return Object.assign(new Error(`no answer for ${ms / 1000} s`), { code: 'ETIMEDOUT' });
}
