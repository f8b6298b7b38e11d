import { type ClaimResponse, type HostReport, ProblemError, type RegisterResponse } from '@fatbuildr/domain';
import type { Logger } from '@fatbuildr/service';
import { isRevoked } from './transport.ts';
import type { WorkerApi } from './worker-api.ts';

export interface MembershipOptions {
  api: Pick<WorkerApi, 'register' | 'report' | 'claim'>;
  /** What the host tells of itself now. */
  host: () => Promise<HostReport>;
  /** Called with attempts that the api says are not this host's any more. */
  onLost: (attempt: string) => void;
  /** Called with why the api gives this host no new jobs; null: it does. */
  onPaused?: (reason: string | null) => void;
  /** Called when the api does not know this host any more. */
  onRevoked?: () => void;
  /** Ends every call but the first registration. */
  signal: AbortSignal;
  log: Logger;
}

/** A host as the api knows it: registered, with the attempts that are alive on it. */
export interface Membership {
  register(signal: AbortSignal): Promise<RegisterResponse>;
  /** Registers again: after the api was away. Never throws. */
  resume(): Promise<void>;
  /** Tells the api that the host changed, or that it lives. Never throws. */
  report(): Promise<void>;
  /** As the api's, and its attempt counts as alive from then on. */
  claim(job: string): Promise<ClaimResponse | undefined>;
  /** The attempt is over. */
  release(attempt: string): void;
}

/**
 * The membership of a worker or the publisher. What a registration does not list ends at once: so none is made while a
 * claim is on its way, whose attempt it could not know.
 */
export function createMembership(options: MembershipOptions): Membership {
  const { api, host, onLost, onPaused = () => {}, onRevoked = () => {}, signal, log } = options;
  const live = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  function register(until: AbortSignal): Promise<RegisterResponse> {
    return inTurn(async () => {
      const report = await host();
      const registered = await api.register({ ...report, liveAttempts: [...live] }, until);
      for (const attempt of registered.stale) onLost(attempt);
      onPaused(registered.paused ?? null);
      return registered;
    });
  }

  async function resume(): Promise<void> {
    try {
      await register(signal);
      log.info('registered again');
    } catch (err) {
      if (isRevoked(err)) return onRevoked();
      log.warn({ err }, 'could not register again');
    }
  }

  return {
    register,
    resume,
    async report() {
      try {
        onPaused((await api.report(await host())).paused);
      } catch (err) {
        if (isRevoked(err)) return onRevoked();
        log.debug({ err }, 'report not taken');
        // The api does not know this host as it should: it was restored from a backup, for instance.
        if (err instanceof ProblemError && (err.kind === 'not-found' || err.kind === 'conflict')) await resume();
      }
    },
    claim: (job) =>
      inTurn(async () => {
        const claimed = await api.claim(job, signal);
        if (claimed) live.add(claimed.attempt);
        return claimed;
      }),
    release: (attempt) => void live.delete(attempt),
  };
}
