import { TERMINAL_TOO_SLOW } from '@fatbuildr/domain';
import type { Peer } from './peer.ts';

/** With so much on its way to every client the shell is not read. */
const ENOUGH = 256 * 1024;
/** A client that is so far behind the fastest is let go. */
const TOO_MUCH = 4 * 1024 * 1024;
/** And one that takes nothing for so long, ms. */
const STUCK_MS = 10_000;
const LOOK_MS = 50;

interface Runner {
  least: number;
  since: number;
}

/**
 * How fast a shell is read: as the fastest of its clients takes it. Whoever falls far behind, or does not take anything,
 * is let go, so nobody slows the others for long.
 */
export interface Pace {
  /** Something was sent to the clients, or one has gone. */
  look(): void;
  stop(): void;
}

export function keepPace(
  clients: () => Iterable<Peer>,
  reading: { pause(): void; resume(): void },
  now: () => number = Date.now,
): Pace {
  const runners = new WeakMap<Peer, Runner>();
  let paused = false;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    let ahead = Number.POSITIVE_INFINITY;
    let behind = 0;
    for (const client of clients()) {
      const { buffered } = client;
      if (isLost(client, buffered)) {
        client.close(TERMINAL_TOO_SLOW, 'What the shell prints is not taken fast enough; attach again.');
        continue;
      }
      ahead = Math.min(ahead, buffered);
      behind = Math.max(behind, buffered);
    }
    const pause = ahead > ENOUGH && ahead !== Number.POSITIVE_INFINITY;
    if (pause !== paused) {
      paused = pause;
      if (pause) reading.pause();
      else reading.resume();
    }
    if (behind > ENOUGH) timer ??= setInterval(look, LOOK_MS).unref();
    else stop();
  }

  function isLost(client: Peer, buffered: number): boolean {
    if (buffered > TOO_MUCH) return true;
    const runner = runners.get(client);
    if (buffered <= ENOUGH || !runner || buffered < runner.least) {
      runners.set(client, { least: buffered, since: now() });
      return false;
    }
    return now() - runner.since > STUCK_MS;
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return { look, stop };
}
