import type { IncomingMessage } from 'node:http';
import { Failure } from '@fatbuildr/domain';
import { follow, type OutwardRequest, parseSourceUrl } from './follow.ts';
import { StatusError } from './trouble.ts';

export interface DownloadRequest extends Omit<OutwardRequest, 'method' | 'headers' | 'body'> {
  url: string;
  /** The first byte that is wanted, 0 by default: what came before is there from an attempt that broke. */
  from?: number;
  /** Told of the byte with which the body really begins: servers need not care for what is wanted. */
  onBegin?: (from: number) => Promise<void>;
  /** Whether an https URL may lead to one that is not; so it is by default. */
  mayDowngrade?: boolean;
  /** Bytes. */
  maxBytes: number;
  /** Takes the body; `total` is its size when the server said so. */
  onChunk: (chunk: Buffer, total: number | undefined) => Promise<void>;
}

/**
 * One attempt to download a file over http(s); resolves when the body was complete.
 *
 * Throws a {@link Failure} for what is refused, the network's own error for the rest.
 */
export async function download(asked: DownloadRequest): Promise<void> {
  const { from, onBegin } = asked;
  const headers = from ? { range: `bytes=${from}-` } : {};
  const { answer } = await follow(parseSourceUrl(asked.url), { ...asked, headers });
  const status = answer.statusCode ?? 0;
  if (status === 200 || (status === 206 && from !== undefined)) {
    await onBegin?.(status === 206 ? beginOf(answer) : 0);
    return receive(answer, asked);
  }
  answer.destroy();
  throw new StatusError(status, answer.statusMessage ?? '');
}

/** The first byte of a part (RFC 9110, 14.4). */
function beginOf({ headers }: IncomingMessage): number {
  const [, begin] = /^bytes (\d{1,15})-/.exec(headers['content-range'] ?? '') ?? [];
  if (begin === undefined) throw new Error('the server sent a part, and does not say which');
  return Number(begin);
}

async function receive(answer: IncomingMessage, { url, maxBytes, onChunk }: DownloadRequest): Promise<void> {
  const length = answer.headers['content-length'];
  const total = length === undefined ? undefined : Number(length);
  let received = 0;
  const tooLarge = (size: string): Failure =>
    new Failure('rejected', `${url} is larger than a source may be: ${size}, at most ${maxBytes} bytes`, {
      hint: 'Name a smaller source, or ask the administrator to raise the limit.',
    });
  if (total !== undefined && total > maxBytes) {
    answer.destroy();
    throw tooLarge(`${total} bytes`);
  }
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > maxBytes) throw tooLarge('the server goes on');
    await onChunk(chunk, total);
  }
}
