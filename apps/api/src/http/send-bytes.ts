import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ByteRange, parseRange } from './byte-range.ts';

/** Something with a size whose bytes can be had from any offset. */
export interface ByteSource {
  size: number;
  /** With its quotes. */
  etag: string;
  type: string;
  cacheControl: string;
  /** Second of its last change as sent, and as compared (they differ for a file that changed just now). */
  modified?: { sent: number; actual: number };
  /** For downloads: the name that browsers save it under. */
  fileName?: string;
  open(range: ByteRange): Readable;
  /** Called when nothing will be opened. */
  release?(): void;
}

/** Answers a GET or HEAD with the bytes: ETag, Last-Modified, conditional requests, and one Range (RFC 9110). */
export function sendBytes(request: FastifyRequest, reply: FastifyReply, source: ByteSource): FastifyReply {
  const { size, etag, modified } = source;
  reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': source.cacheControl, ...SAFE });
  if (modified) reply.header('last-modified', httpDate(modified.sent));
  if (source.fileName) reply.header('content-disposition', `attachment; filename="${source.fileName}"`);
  if (isUnchanged(request, etag, modified?.actual)) return finish(reply.status(304), source);

  const ifRange = request.headers['if-range'];
  const mayRange = ifRange === undefined || ifRange === etag || (modified && ifRange === httpDate(modified.actual));
  const range = mayRange ? parseRange(request.headers.range, size) : undefined;
  if (range === 'unsatisfiable') return finish(reply.status(416).header('content-range', `bytes */${size}`), source);
  const sent = range ?? { start: 0, end: size - 1 };
  if (range) reply.status(206).header('content-range', `bytes ${sent.start}-${sent.end}/${size}`);
  reply.type(source.type).header('content-length', sent.end - sent.start + 1);
  if (request.method === 'HEAD' || size === 0) {
    source.release?.();
    // a stream, since anything else would have its own length announced
    return reply.send(Readable.from([]));
  }
  return reply.send(source.open(sent));
}

/** What a build made is shown as what it is and never run in somebody's browser. */
const SAFE = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" };

function isUnchanged(request: FastifyRequest, etag: string, modified: number | undefined): boolean {
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined) return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  const since = request.headers['if-modified-since'];
  return since !== undefined && modified !== undefined && Date.parse(since) === modified * 1000;
}

function httpDate(second: number): string {
  return new Date(second * 1000).toUTCString();
}

function finish(reply: FastifyReply, source: ByteSource): FastifyReply {
  source.release?.();
  return reply.send();
}
