import type { LogEnd } from '@fatbuildr/domain';
import { streams } from '@fatbuildr/domain/client-side';
import { pathOf } from './call.ts';
import { type LogStream, type LogTransport, readLogStream } from './log-stream.ts';

export interface FollowOptions extends Pick<LogStream<LogEnd>, 'onBytes' | 'signal' | 'reconnects'> {
  /** Byte of the log to begin at. */
  offset?: number;
}

/** Follows the log of an attempt until it is complete. What arrives is the file, byte for byte. */
export function followLog(transport: LogTransport, attempt: string, options: FollowOptions): Promise<LogEnd> {
  const { offset: from = 0, ...taker } = options;
  return readLogStream(transport, {
    ...taker,
    from,
    mayLack: false,
    path: (offset) => `${pathOf(streams.log, { attempt })}?offset=${offset}`,
    onText: (text) => JSON.parse(text) as LogEnd,
  });
}
