import type { LogEnd } from '@fatbuildr/domain';
import { API_PREFIX, streams } from '@fatbuildr/domain/client-side';
import { pathOf, ServerUnreachable, type Transport } from './call.ts';

/** The part of a WebSocket that the log needs: the browser's own, or that of the `ws` package. */
export interface LogSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  close(): void;
}

export interface LogTransport extends Transport {
  /** Opens a WebSocket on a path of the server. */
  openSocket(path: string): LogSocket;
}

export interface FollowOptions {
  /** Byte of the log to begin at. */
  offset?: number;
  /** Called in order and without gaps; the next chunk is held back until a returned promise settles. */
  onBytes(bytes: Uint8Array, offset: number): void | Promise<void>;
  signal?: AbortSignal;
  /** Cut connections in a row before giving up, 60 by default; half a second lies between two tries. */
  reconnects?: number;
}

/**
 * Follows the log of an attempt until it is complete. A cut connection is taken up again at the same byte, so what
 * arrives is the file, byte for byte.
 */
export async function followLog(transport: LogTransport, attempt: string, options: FollowOptions): Promise<LogEnd> {
  let offset = options.offset ?? 0;
  let cuts = 0;
  const limit = options.reconnects ?? 60;
  for (;;) {
    options.signal?.throwIfAborted();
    const before = offset;
    const end = await readOnce(transport, attempt, offset, options, (next) => {
      offset = next;
    });
    if (end) return end;
    cuts = offset > before ? 1 : cuts + 1;
    if (cuts > limit) throw new ServerUnreachable(transport, new Error('the log was cut off too often'));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Reads one connection to its end; undefined when it was cut. */
async function readOnce(
  transport: LogTransport,
  attempt: string,
  from: number,
  options: FollowOptions,
  advance: (offset: number) => void,
): Promise<LogEnd | undefined> {
  const socket = transport.openSocket(`${API_PREFIX}${pathOf(streams.log, { attempt })}?offset=${from}`);
  socket.binaryType = 'arraybuffer';
  let next = from;
  let end: LogEnd | undefined;
  let taken: Promise<void> = Promise.resolve();
  const abort = () => socket.close();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve) => {
      socket.onerror = () => {};
      socket.onclose = () => resolve();
      socket.onmessage = ({ data }) => {
        if (typeof data === 'string') {
          end = JSON.parse(data) as LogEnd;
          socket.close();
          return;
        }
        const frame = new Uint8Array(data as ArrayBuffer);
        const at = Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(0));
        const bytes = frame.subarray(8 + Math.max(0, next - at));
        if (at > next || bytes.length === 0) return;
        const offset = next;
        next += bytes.length;
        taken = taken.then(() => options.onBytes(bytes, offset)).then(() => advance(offset + bytes.length));
        taken.catch(() => socket.close());
      };
    });
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
  await taken;
  return end;
}
