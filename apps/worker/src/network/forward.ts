import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { errorText } from '@fatbuildr/service';
import type { CacheWriter } from './cache-writer.ts';
import { agreesWithUrl, isImmutable, wholeLength } from './cacheable.ts';
import type { CachedFile, ContentCache, WarningLog } from './content-cache.ts';
import type { FetchRecord } from './fetch-record.ts';
import { isConditional, requestHeaders, responseHeaders } from './headers.ts';
import type { PlainAnswer } from './plain-answer.ts';
import { upstreamFailure } from './plain-answer.ts';
import type { Rule } from './rules.ts';
import type { Upstream } from './upstream.ts';

/** One allowed GET or HEAD. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  rule: Rule;
  /** Filled in on the way. */
  record: FetchRecord;
}

export interface Forwarding {
  cache: ContentCache | undefined;
  upstream: Upstream;
  log: WarningLog | undefined;
}

/** Answers from the cache or from upstream, and leaves in the record what came of it. Never throws for what a client or an upstream does. */
export async function forward(exchange: Exchange, { cache, upstream, log }: Forwarding): Promise<void> {
  const { request, url, rule } = exchange;
  const keepable = request.method === 'GET' && isImmutable(url, rule) ? cache : undefined;
  const held = isConditional(request.headers) ? undefined : await keepable?.find(url.href);
  if (held !== undefined && (await answerFromCache(exchange, held))) return;
  await answerFromUpstream(exchange, upstream, keepable, log);
}

/** Sends what the proxy itself has to say. */
export function sendPlain(response: ServerResponse, record: FetchRecord, answer: PlainAnswer): void {
  record.status = answer.status;
  record.error = answer.body.split('\n')[1] ?? answer.reason;
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, answer.reason, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': length,
  });
  response.end(answer.body);
}

/** False when the file was evicted since it was found. */
async function answerFromCache({ response, record }: Exchange, file: CachedFile): Promise<boolean> {
  const handle = await open(file.path).catch(() => undefined);
  if (handle === undefined) return false;
  record.fromCache = true;
  record.status = 200;
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.size });
  try {
    await pipeline(handle.createReadStream(), counting(record), response);
  } catch (error) {
    record.error = brokenOff(error);
  }
  if (record.bytes === file.size) complete(record, file.sha256);
  return true;
}

async function answerFromUpstream(
  exchange: Exchange,
  upstream: Upstream,
  cache: ContentCache | undefined,
  log: WarningLog | undefined,
): Promise<void> {
  const { request, response, record, url, rule } = exchange;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  let answer: IncomingMessage;
  try {
    answer = await upstream.send({
      method: record.method,
      url,
      rule,
      headers: requestHeaders(request.headers),
      signal: gone.signal,
      isReaderBusy: () => response.writableNeedDrain,
    });
  } catch (error) {
    if (gone.signal.aborted) record.error = CLIENT_GONE;
    else sendPlain(response, record, upstreamFailure(`${record.method} ${url.href}`, error));
    return;
  }
  record.status = answer.statusCode ?? 502;
  response.writeHead(record.status, answer.statusMessage, responseHeaders(answer.headers));
  await relay(exchange, answer, { cache, log, gone: gone.signal });
}

/** Hands the body on while it is hashed and, when its end can be recognised, kept. */
async function relay(
  { response, record, url }: Exchange,
  answer: IncomingMessage,
  { cache, log, gone }: { cache: ContentCache | undefined; log: WarningLog | undefined; gone: AbortSignal },
): Promise<void> {
  const length = wholeLength(answer);
  const hash = createHash('sha256');
  let ended = false;
  let writer: CacheWriter | undefined;

  // A cache that fails (a full disk) costs speed, never the job's download.
  async function orGiveUp<T>(step: Promise<T>): Promise<T | undefined> {
    try {
      return await step;
    } catch (error) {
      log?.warn({ err: error, url: url.href }, 'a download was not cached');
      await writer?.discard().catch(() => {});
      writer = undefined;
      return undefined;
    }
  }

  async function* tap(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      if (writer !== undefined) await orGiveUp(writer.write(chunk));
      yield chunk;
    }
    ended = true;
  }

  try {
    if (cache !== undefined && length !== undefined) writer = await orGiveUp(cache.writer());
    await pipeline(answer, tap, counting(record), response);
  } catch (error) {
    record.error = gone.aborted ? CLIENT_GONE : brokenOff(error);
  }
  try {
    if (record.method !== 'GET' || record.status !== 200 || !(ended || record.bytes === length)) return;
    const sha256 = hash.digest('hex');
    complete(record, sha256);
    const written = writer === undefined ? undefined : await orGiveUp(writer.finish());
    const isWhole = written !== undefined && written.size === length && agreesWithUrl(url, sha256);
    if (isWhole && writer !== undefined) await orGiveUp(writer.keep([url.href]));
  } finally {
    await writer?.discard().catch(() => {});
  }
}

/** A job may hang up the moment it has the last byte: the body was whole nevertheless. */
function complete(record: FetchRecord, sha256: string): void {
  record.sha256 = sha256;
  delete record.error;
}

function counting(record: FetchRecord): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    for await (const chunk of source) {
      record.bytes += chunk.length;
      yield chunk;
    }
  };
}

const CLIENT_GONE = 'the job closed the connection';

function brokenOff(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' ? CLIENT_GONE : `the download broke off: ${errorText(error)}`;
}
