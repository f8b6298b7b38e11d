import { terminalSafe } from '../output/terminal-safe.ts';

export interface TranscriptOptions {
  /** Takes what the shell prints. */
  shell(bytes: Uint8Array): void | Promise<void>;
  /** Takes what was logged before there was a shell. */
  log(bytes: Uint8Array): void | Promise<void>;
  /** Whether line feeds must bring their carriage returns. */
  isRaw(): boolean;
  /** Bytes that the server has not sent. */
  onGap(bytes: number): void;
}

/**
 * Prints what comes of a terminal. What the shell prints goes out as it is; what its attempt logged before, where
 * somebody joins in the middle, as any log does.
 */
export function transcript({ shell, log, isRaw, onGap }: TranscriptOptions) {
  const safe = terminalSafe();
  let shellFrom: Promise<number> | undefined;
  let next: number | undefined;

  return {
    /** From now on the shell may print; `from` gives the byte of the log that it begins at. */
    begin(from: Promise<number>): void {
      shellFrom = from;
    },
    async print(bytes: Uint8Array, offset: number): Promise<void> {
      if (next !== undefined && offset > next) onGap(offset - next);
      next = offset + bytes.length;
      const border = shellFrom === undefined ? bytes.length : Math.max(0, (await shellFrom) - offset);
      const before = bytes.subarray(0, border);
      if (before.length > 0) {
        const text = safe(before);
        await log(isRaw() ? Buffer.from(text.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1') : text);
      }
      if (border < bytes.length) await shell(bytes.subarray(border));
    },
  };
}
