import { type LogFrame, logFrame, PIPE_PIECE, PIPE_WINDOW, type TerminalRequest } from '@fatbuildr/domain/client-side';
import type { LogSocket } from './log-stream.ts';

/** What is read from a file or pipe here, on its way to a command there. */
export interface PipedInput {
  /** The other side takes what follows on so many bytes: sends that, and on. */
  goOn(socket: LogSocket, taken: number): void;
  /** So many bytes have arrived. */
  taken(bytes: number): void;
  /** Nobody takes anything at the moment. */
  hold(): void;
}

/**
 * Sends `source` so that every byte arrives once: what has not arrived is kept, and sent again after a cut. No more of
 * it is read ahead than the command's side has room for. `onError` when it cannot be read: then its end is never told.
 */
export function pipeIn(source: AsyncIterable<Uint8Array>, onError: (error: unknown) => void): PipedInput {
  /** Not arrived yet, in order. */
  let kept: LogFrame[] = [];
  /** Of these, sent on the present connection. */
  let sent = 0;
  let arrived = 0;
  let length = 0;
  let isWhole = false;
  let socket: LogSocket | undefined;
  let read = Promise.withResolvers<void>();
  read.resolve();

  function send(): void {
    if (!socket) return;
    for (; sent < kept.length; sent++) socket.send(logFrame(kept[sent] as LogFrame));
    if (isWhole) socket.send(JSON.stringify({ eof: length } satisfies TerminalRequest));
  }
  function drop(bytes: number): void {
    arrived = Math.max(arrived, bytes);
    const rest = kept.filter((piece) => piece.offset + piece.bytes.length > arrived);
    sent = Math.max(0, sent - (kept.length - rest.length));
    kept = rest;
    if (length - arrived <= PIPE_WINDOW - PIPE_PIECE) read.resolve();
  }
  async function readAll(): Promise<void> {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += PIPE_PIECE) {
        const bytes = chunk.subarray(at, at + PIPE_PIECE);
        if (length + bytes.length - arrived > PIPE_WINDOW) read = Promise.withResolvers();
        await read.promise;
        kept.push({ offset: length, bytes });
        length += bytes.length;
        send();
      }
    }
    isWhole = true;
    send();
  }
  readAll().catch(onError);

  return {
    goOn(to, taken) {
      socket = to;
      drop(taken);
      sent = 0;
      send();
    },
    taken: drop,
    hold() {
      socket = undefined;
    },
  };
}
