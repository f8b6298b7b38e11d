import type { LogSource } from '@fatbuildr/client/worker';

/** The log of one attempt, in memory: what a publisher has to say is short. */
export interface AttemptLog extends LogSource {
  line(text: string): void;
}

export function openAttemptLog(onWrite: () => void): AttemptLog {
  let bytes = Buffer.alloc(0);
  return {
    get length() {
      return bytes.length;
    },
    read: (offset, size) => bytes.subarray(offset, offset + size),
    line(text) {
      bytes = Buffer.concat([bytes, Buffer.from(`${text}\n`)]);
      onWrite();
    },
  };
}
