import { terminalSafe } from '../output/terminal-safe.ts';

/** Takes bytes that lie at `offset` in the log. */
type Taker = (bytes: Uint8Array, offset: number) => Promise<void>;

export interface TranscriptOptions {
  /** Byte of the log to begin at; undefined: wherever the first ones are. */
  from: number | undefined;
  /** Takes what the shell prints. */
  shell(bytes: Uint8Array): void | Promise<void>;
  /** Takes what was logged before there was a shell. */
  log(bytes: Uint8Array): void | Promise<void>;
  /** Whether line feeds must bring their carriage returns. */
  isRaw(): boolean;
  /** The server has left bytes out: what is found of them elsewhere goes to `print`. */
  onGap(gap: { from: number; to: number }, print: Taker): void | Promise<void>;
}

/**
 * Prints what comes of a terminal. What the shell prints goes out as it is; what its attempt logged before, where
 * somebody joins in the middle, as any log does.
 */
export function transcript({ from, shell, log, isRaw, onGap }: TranscriptOptions) {
  const safe = terminalSafe();
  let shellFrom: Promise<number> | undefined;
  let next = from;

  async function put(bytes: Uint8Array, offset: number): Promise<void> {
    const border = shellFrom === undefined ? bytes.length : Math.max(0, (await shellFrom) - offset);
    const before = bytes.subarray(0, border);
    if (before.length > 0) {
      const text = safe(before);
      await log(isRaw() ? Buffer.from(text.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1') : text);
    }
    if (border < bytes.length) await shell(bytes.subarray(border));
  }
  /** All before `offset` is there, or was left out. */
  async function reach(offset: number): Promise<void> {
    if (next !== undefined && offset > next) await onGap({ from: next, to: offset }, put);
    next = Math.max(next ?? offset, offset);
  }

  return {
    /** From now on the shell may print; `from` gives the byte of the log that it begins at. */
    begin(from: Promise<number>): void {
      shellFrom = from;
    },
    reach,
    async print(bytes: Uint8Array, offset: number): Promise<void> {
      await reach(offset);
      next = offset + bytes.length;
      await put(bytes, offset);
    },
  };
}
