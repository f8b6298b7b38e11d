import type { Peer } from './peer.ts';

/** With so much on its way nothing more is told yet, bytes. */
const ENOUGH = 16 * 1024;
const LOOK_MS = 50;

/** Tells somebody what is so now, as often as that changes, but never faster than it is taken. */
export interface Latest {
  /** It has changed. */
  tell(): void;
  stop(): void;
}

/** What changes while much is on its way is told once, as it is then: repeating a change does not fill the memory. */
export function tellLatest(to: () => Peer | undefined, what: () => string): Latest {
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    const peer = to();
    if (peer && peer.buffered > ENOUGH) timer ??= setInterval(tell, LOOK_MS).unref();
    else {
      stop();
      peer?.send(what());
    }
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return { tell, stop };
}
