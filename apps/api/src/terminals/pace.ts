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

/** Who takes what a shell prints. */
export interface Taker {
  peer: Peer;
  /** Whether it is the one that the shell is for: it alone sets the pace. */
  leads: boolean;
}

/**
 * How fast a shell is read: as its leader takes it, where it has one, however slow that is; else as the fastest of its
 * clients does. Any other who falls far behind, or does not take anything, is let go, so nobody slows it for long.
 */
export interface Pace {
  /** Something was sent to the clients, or one has gone. */
  look(): void;
  /** What is read is another connection from now on. */
  anew(): void;
  stop(): void;
}

export function keepPace(
  takers: () => Iterable<Taker>,
  reading: { pause(): void; resume(): void },
  now: () => number = Date.now,
): Pace {
  const runners = new WeakMap<Peer, Runner>();
  let paused = false;
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const kept = [...takers()]
      .map((taker) => ({ ...taker, buffered: taker.peer.buffered }))
      .filter((taker) => taker.leads || !letGo(taker));
    const leaders = kept.filter(({ leads }) => leads);
    const ahead = Math.min(...(leaders.length > 0 ? leaders : kept).map(({ buffered }) => buffered));
    const pause = Number.isFinite(ahead) && ahead > ENOUGH;
    if (pause !== paused) {
      paused = pause;
      if (pause) reading.pause();
      else reading.resume();
    }
    if (kept.some(({ buffered }) => buffered > ENOUGH)) timer ??= setInterval(look, LOOK_MS).unref();
    else stop();
  }

  function letGo({ peer, buffered }: { peer: Peer; buffered: number }): boolean {
    if (!isLost(peer, buffered)) return false;
    peer.close(TERMINAL_TOO_SLOW, 'What the shell prints is not taken fast enough; attach again.');
    return true;
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

  return {
    look,
    anew() {
      paused = false;
    },
    stop,
  };
}
