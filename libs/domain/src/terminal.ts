/*
 * A terminal is a WebSocket beside the log of an attempt. What the shell prints comes in log frames, as a followed log
 * does; what is typed goes the other way as bare bytes. Everything else is JSON in text frames.
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

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** What a client says in a text frame. */
export interface TerminalRequest {
  resize: TerminalSize;
}

/** What a client is told in text frames: first where it stands and again when that changes, at last how it ended. */
export type TerminalNotice =
  /** `waiting`: for a host, or for a build to fail. The shell begins when somebody is there. */
  | { attached: { state: 'waiting' | 'running' } }
  /** `status`: of the shell, null when it did not come to an end of its own. `message`: why, unless all went well. */
  | { ended: { status: number | null; outcome: string | null; message?: string } };

/** A piece of a log at its offset. */
export interface LogFrame {
  offset: number;
  bytes: Uint8Array;
}

/** A piece of a log as a binary frame: 8 bytes of offset (big endian), then the bytes. */
export function logFrame({ offset, bytes }: LogFrame): Uint8Array {
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
