import type { Outcome } from './task.ts';

/*
 * A terminal is a WebSocket beside the log of an attempt. What the shell prints comes in log frames, as a followed log
 * does; what is typed goes the other way as bare bytes. What is piped in goes there in frames with offsets too, so that
 * it arrives once, whatever is cut off. Everything else is JSON in text frames.
 */

/** Bytes of input in one frame, at most. */
export const TERMINAL_INPUT_LIMIT = 64 * 1024;

/** The most columns or rows that a terminal may have. */
export const TERMINAL_SIDE_LIMIT = 1000;

/** The end of the transcript that a client gets first, bytes. */
export const TERMINAL_TAIL = 64 * 1024;

/** How a terminal is closed for a client that does not take what the shell prints. */
export const TERMINAL_TOO_SLOW = 1013;

/** A terminal type (`TERM`) as it may be passed on: a name in a terminfo database. */
export const TERMINAL_TYPE = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;

/** What is kept of the transcript for clients that were cut off, and sent again after the api was away, bytes. */
export const TERMINAL_REPLAY = 256 * 1024;

/** The name that a client gives to what it pipes in: by it the pipe is known again after a cut. */
export const PIPE_NAME = /^[0-9a-f]{32}$/;

/** What may be on its way of a pipe, and not taken by the command yet, bytes. */
export const PIPE_WINDOW = 256 * 1024;

/** Bytes of a pipe in one frame, at most; the offset comes on top. */
export const PIPE_PIECE = 32 * 1024;

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** What a client says in a text frame. `eof`: the length of what it pipes in, all of which it has sent. */
export type TerminalRequest = { resize: TerminalSize } | { eof: number };

/** The pipe that a shell without a terminal reads. */
export interface TerminalPipe {
  /** Whether it is that of the client who is told. */
  yours: boolean;
  /** So many bytes of it have arrived: what follows is to be sent, again if it was sent before. */
  taken: number;
  /** The byte of the log at which what the shell prints begins. */
  from: number;
}

/**
 * `waiting`: for a host, or for a build to fail; the shell begins when somebody is there. `unreachable`: it runs, and
 * what is typed does not get there at the moment and is lost.
 */
export type TerminalState = 'waiting' | 'running' | 'unreachable';

export interface TerminalEnd {
  /** Of the shell; null when it did not come to an end of its own. */
  status: number | null;
  /** The byte of the log at which what the shell printed ends; absent where nobody knows. */
  printed?: number;
  outcome: Outcome | null;
  /** Why, unless all went well. */
  message?: string;
}

/**
 * What a client is told in text frames: first where it stands and again when that changes, how much of its pipe has
 * arrived, at last how it ended.
 */
export type TerminalNotice =
  | { attached: { state: TerminalState; pipe?: TerminalPipe } }
  | { taken: number }
  | { ended: TerminalEnd };

/** The server's word in a text frame; undefined for what this version does not know. */
export function readTerminalNotice(text: string): TerminalNotice | undefined {
  const notice = JSON.parse(text) as Partial<Record<string, unknown>>;
  return 'ended' in notice || 'attached' in notice || 'taken' in notice ? (notice as TerminalNotice) : undefined;
}

/** A piece of a log, or of a pipe, at its offset. */
export interface LogFrame {
  offset: number;
  bytes: Uint8Array;
}

/** Such a piece as a binary frame: 8 bytes of offset (big endian), then the bytes. */
export function logFrame({ offset, bytes }: LogFrame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(8 + bytes.length);
  new DataView(frame.buffer).setBigUint64(0, BigInt(offset));
  frame.set(bytes, 8);
  return frame;
}

/** What {@link logFrame} made; undefined for anything too short to be one. */
export function readLogFrame(frame: Uint8Array): LogFrame | undefined {
  if (frame.length < 8) return undefined;
  const offset = Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(0));
  return { offset, bytes: frame.subarray(8) };
}
