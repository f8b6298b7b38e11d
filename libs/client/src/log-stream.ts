import { API_PREFIX, readLogFrame } from '@fatbuildr/domain/client-side';
import { ServerUnreachable, type Transport } from './call.ts';

/** The part of a WebSocket that is needed here: the browser's own, or that of the `ws` package. */
export interface LogSocket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  /** Reads nothing until `resume`; a browser's has no such thing. */
  pause?(): void;
  resume?(): void;
  /** Tells the other side that we are there. */
  ping?(): void;
}

export interface LogTransport extends Transport {
  /** Opens a WebSocket on a path of the server. */
  openSocket(path: string): LogSocket;
}

/** A log on a WebSocket: what is in it in frames with their offsets, and text frames beside them. */
export interface LogStream<End> {
  /** Where it is, below the API's prefix, to go on from a byte of the log. */
  path(offset: number | undefined): string;
  /** The first byte wanted; undefined leaves it to the server. */
  from: number | undefined;
  /** Whether bytes may be left out by the server; else they are asked for again. */
  mayLack: boolean;
  /** Called in order, with no byte twice; the next piece is held back until a returned promise settles. */
  onBytes(bytes: Uint8Array, offset: number): void | Promise<void>;
  /** A text frame, after the bytes before it were handed on. What it returns, unless undefined, is the end. */
  onText(text: string): End | undefined;
  onOpen?(socket: LogSocket): void;
  /** The connection is gone, or there was none; after a moment it is tried again, unless this throws. */
  onCut?(): void | Promise<void>;
  signal?: AbortSignal | undefined;
  /** Cut connections in a row before giving up, 60 by default; half a second lies between two tries. */
  reconnects?: number | undefined;
}

/** With so much that was read and not taken yet (bytes) no more is read. */
const READ_AHEAD = 1024 * 1024;
/** Who does not read does not answer the other side either, and has to tell it of itself; ms. */
const PING_MS = 10_000;

/** A connection that lasted this long, or brought anything, was none in vain. */
const LASTED_MS = 5_000;

/** Reads a log until its end is told. A cut connection is taken up again at the same byte. */
export async function readLogStream<End>(transport: LogTransport, stream: LogStream<End>): Promise<End> {
  const { signal, reconnects: limit = 60 } = stream;
  const position = { next: stream.from };
  let cuts = 0;
  for (;;) {
    signal?.throwIfAborted();
    const before = { next: position.next, at: Date.now() };
    const end = await readOnce(transport, stream, position);
    if (end !== undefined) return end;
    signal?.throwIfAborted();
    const inVain = position.next === before.next && Date.now() - before.at < LASTED_MS;
    cuts = inVain ? cuts + 1 : 1;
    if (cuts > limit) throw new ServerUnreachable(transport, new Error('the connection was cut off too often'));
    await stream.onCut?.();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Reads one connection to its end; undefined when it was cut. `position` moves on with what was taken. */
async function readOnce<End>(
  transport: LogTransport,
  stream: LogStream<End>,
  position: { next: number | undefined },
): Promise<End | undefined> {
  const socket = transport.openSocket(API_PREFIX + stream.path(position.next));
  socket.binaryType = 'arraybuffer';
  let { next } = position;
  let end: End | undefined;
  let taken: Promise<void> = Promise.resolve();
  const then = (step: () => void | Promise<void>) => {
    taken = taken.then(step);
    taken.catch(() => abort());
  };
  const ahead = readAhead(socket);
  const abort = () => {
    ahead.stop();
    socket.close();
  };
  stream.signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve) => {
      socket.onerror = () => {};
      socket.onclose = () => resolve();
      socket.onopen = () => stream.onOpen?.(socket);
      socket.onmessage = ({ data }) => {
        if (typeof data === 'string') {
          then(() => {
            end = textOf(transport, stream, data) ?? end;
            if (end !== undefined) socket.close();
          });
          return;
        }
        const frame = readLogFrame(new Uint8Array(data as ArrayBuffer));
        if (!frame || (next !== undefined && frame.offset > next && !stream.mayLack)) return socket.close();
        const known = Math.max(0, (next ?? frame.offset) - frame.offset);
        const bytes = frame.bytes.subarray(known);
        if (bytes.length === 0) return;
        const offset = frame.offset + known;
        next = offset + bytes.length;
        ahead.add(bytes.length);
        then(async () => {
          await stream.onBytes(bytes, offset);
          position.next = offset + bytes.length;
          ahead.add(-bytes.length);
        });
      };
    });
  } finally {
    stream.signal?.removeEventListener('abort', abort);
    ahead.stop();
  }
  await taken;
  return end;
}

/** Keeps what was read and is not taken yet within bounds. */
function readAhead(socket: LogSocket): { add(bytes: number): void; stop(): void } {
  let bytes = 0;
  let resting: ReturnType<typeof setInterval> | undefined;
  function stop(): void {
    if (resting === undefined) return;
    clearInterval(resting);
    resting = undefined;
    socket.resume?.();
  }
  return {
    add(more) {
      bytes += more;
      if (bytes <= READ_AHEAD) return stop();
      if (resting !== undefined) return;
      socket.pause?.();
      resting = setInterval(() => socket.ping?.(), PING_MS);
    },
    stop,
  };
}

function textOf<End>(transport: LogTransport, stream: LogStream<End>, text: string): End | undefined {
  try {
    return stream.onText(text);
  } catch {
    throw new ServerUnreachable(transport, new Error('it said what version 1 of the API does not'));
  }
}
