import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/**
 * What a job may say to an upstream. Nothing else: a `Host`, `Authorization` or `Accept-Encoding` of the job's choice could
 * fetch another body for the same URL and leave it in the cache for every later job.
 */
const ASKED = ['accept', 'cache-control', 'if-modified-since', 'if-none-match', 'if-range', 'range', 'user-agent'];

/** Of one connection only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function requestHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(ASKED.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

/** True when the job wants part of a file, or wants it only if it changed. */
export function isConditional(headers: IncomingHttpHeaders): boolean {
  return headers.range !== undefined || Object.keys(headers).some((name) => name.startsWith('if-'));
}
