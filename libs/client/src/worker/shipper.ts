import { LOG_CHUNK_LIMIT } from '@fatbuildr/domain';

/** A log that only grows, kept by who writes it. */
export interface LogSource {
  /** Bytes written so far. */
  readonly length: number;
  /** Up to `size` bytes from `offset`. */
  read(offset: number, size: number): Buffer;
}

export interface ShipperOptions {
  log: LogSource;
  /** Sends bytes at an offset and answers how long the log is at the other side. */
  append: (offset: number, chunk: Buffer) => Promise<number>;
  /** How long (ms) small writes are gathered before they are sent. */
  gatherMs?: number;
}

/** Brings the log to the api, in order and without gaps. */
export interface Shipper {
  /** Says that the log grew. */
  wake(): void;
  /** Resolves when all that was written until now has arrived; rejects with what ended the shipping. */
  flush(): Promise<void>;
  /** Settles when the shipping has ended: fulfilled by `stop`, rejected by an error of `append`. */
  readonly ended: Promise<void>;
  /** Sends nothing more. */
  stop(): void;
}

/**
 * Sends the log in chunks of at most {@link LOG_CHUNK_LIMIT} bytes: the first of a burst after `gatherMs`, and while
 * there is more at once. The answer alone says where to go on, so a log that the other side lost a part of is sent again.
 */
export function createShipper({ log, append, gatherMs = 50 }: ShipperOptions): Shipper {
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  let busy = false;
  let over = false;
  const end = Promise.withResolvers<void>();
  end.promise.catch(() => {});

  async function send(): Promise<void> {
    while (!over && sent < log.length) {
      const length = await append(sent, log.read(sent, LOG_CHUNK_LIMIT));
      if (length > log.length) throw new Error(`the api has ${length} bytes of a log of ${log.length}`);
      sent = length;
    }
  }

  function sendNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (busy || over) return sending;
    busy = true;
    sending = send().finally(() => {
      busy = false;
    });
    sending.catch((error: unknown) => {
      over = true;
      end.reject(error);
    });
    return sending;
  }

  return {
    wake() {
      if (timer !== undefined || busy || over) return;
      timer = setTimeout(() => void sendNow(), gatherMs);
    },
    async flush() {
      const wanted = log.length;
      while (!over && sent < wanted) await sendNow();
      if (over && sent < wanted) await end.promise;
    },
    ended: end.promise,
    stop() {
      over = true;
      clearTimeout(timer);
      end.resolve();
    },
  };
}
