import type { Client } from '@fatbuildr/client';

export interface LogPart {
  from: number;
  /** Byte after the last one. */
  to: number;
  take(bytes: Uint8Array, offset: number): Promise<void>;
  signal: AbortSignal;
}

/** Reads a part of the log of an attempt; what the server does not have yet it waits for. */
export async function readLogPart(
  client: Pick<Client, 'followLog'>,
  attempt: string,
  { from, to, take, signal }: LogPart,
): Promise<void> {
  const enough = new AbortController();
  let next = from;
  try {
    await client.followLog(attempt, {
      offset: from,
      signal: AbortSignal.any([signal, enough.signal]),
      async onBytes(bytes, offset) {
        const wanted = bytes.subarray(0, Math.max(0, to - offset));
        if (wanted.length > 0) await take(wanted, offset);
        next = offset + wanted.length;
        if (next >= to) enough.abort();
      },
    });
  } catch (error) {
    if (!enough.signal.aborted || signal.aborted) throw error;
  }
  if (next < to) throw new Error(`The last ${to - next} bytes of what the shell printed are lost with its build host.`);
}
