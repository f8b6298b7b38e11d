import type { TerminalAudience } from '@fatbuildr/domain';

/** What whoever came first has: a window, or something to pipe in. */
export type Opener = { window: NonNullable<TerminalAudience['terminal']> } | { pipe: string };

/** Who is at a shell. */
export interface People {
  /** What the api says of who is there. */
  now(audience: TerminalAudience | undefined): void;
  typed(): void;
  /** When somebody typed last, ms. */
  readonly lastTyped: number;
  /** When the last one left; undefined while somebody is there, or nobody knows. */
  readonly left: number | undefined;
  /** Whoever comes first; undefined if nobody does within `patienceMs`. */
  first(patienceMs: number, signal: AbortSignal): Promise<Opener | undefined>;
}

export function watchPeople(): People {
  const came = Promise.withResolvers<Opener>();
  let lastTyped = 0;
  let left: number | undefined;
  return {
    now(audience) {
      // while the api is away nobody can be there, and none of them left
      if (audience === undefined || audience.clients > 0) left = undefined;
      else left ??= Date.now();
      if (!audience || audience.clients === 0) return;
      if (audience.pipe !== null) came.resolve({ pipe: audience.pipe });
      else if (audience.terminal) came.resolve({ window: audience.terminal });
    },
    typed() {
      lastTyped = Date.now();
    },
    get lastTyped() {
      return lastTyped;
    },
    get left() {
      return left;
    },
    async first(patienceMs, signal) {
      const over = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => over.resolve(undefined), patienceMs);
      const abort = () => over.reject(signal.reason);
      signal.throwIfAborted();
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([came.promise, over.promise]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
