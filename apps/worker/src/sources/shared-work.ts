/** Runs work that several callers want at once only once. */
export interface SharedWork<T> {
  /** The result of `start`, or of the work under way for this key. The work is aborted when every caller has left by its signal. */
  run(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

export function createSharedWork<T>(): SharedWork<T> {
  const underWay = new Map<string, { result: Promise<T>; callers: number; abort: AbortController }>();

  function begin(key: string, start: (signal: AbortSignal) => Promise<T>) {
    const abort = new AbortController();
    const result = start(abort.signal).finally(() => {
      if (underWay.get(key) === work) underWay.delete(key);
    });
    const work = { result, callers: 0, abort };
    underWay.set(key, work);
    return work;
  }

  async function run(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const work = underWay.get(key) ?? begin(key, start);
    work.callers += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      work.callers -= 1;
      if (work.callers === 0) {
        // A caller that comes now starts anew instead of sharing the abort.
        underWay.delete(key);
        work.abort.abort(signal?.reason);
      }
      left.reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([work.result, left.promise]);
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  return { run };
}
