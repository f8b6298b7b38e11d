import { TERMINAL_INPUT_LIMIT } from '@fatbuildr/domain';
import type { Peer } from './peer.ts';

/** Typed ahead to a shell that takes nothing: with so much the client is not read. */
const TYPED_AHEAD = 256 * 1024;
const LOOK_MS = 50;

/** What is typed at a terminal, on its way to the worker. */
export interface Typing {
  type(from: Peer, bytes: Uint8Array): void;
  /** The shell runs, and this is how it is reached: what was typed before there was one goes there first. */
  to(worker: Peer): void;
  /** Nobody takes what is typed: it is dropped, since keys that arrive late do harm. */
  lose(): void;
  /** So many bytes the worker has taken of what it got since it came. */
  taken(bytes: number): void;
}

export function openTyping(): Typing {
  /** Typed before there was a shell; undefined from then on. */
  let early: Uint8Array[] | undefined = [];
  let worker: Peer | undefined;
  let ahead = 0;
  let taken = 0;
  const heldBack = new Set<Peer>();

  function send(bytes: Uint8Array): void {
    ahead += bytes.length;
    worker?.send(bytes);
  }
  function keep(from: Peer, bytes: Uint8Array, kept: Uint8Array[]): void {
    const sum = kept.reduce((all, { length }) => all + length, bytes.length);
    if (sum <= TERMINAL_INPUT_LIMIT) kept.push(bytes);
    else from.close(1008, 'More was typed than can be kept until the shell is there; wait for it.');
  }
  /** Reads no more of a client whose typing the shell does not take. */
  function holdBack(client: Peer): void {
    if (heldBack.has(client)) return;
    heldBack.add(client);
    client.pause();
    const timer = setInterval(() => {
      if (ahead > TYPED_AHEAD / 2) return;
      clearInterval(timer);
      heldBack.delete(client);
      client.resume();
    }, LOOK_MS).unref();
  }
  function turnTo(next: Peer | undefined): void {
    worker = next;
    ahead = 0;
    taken = 0;
  }

  return {
    type(from, bytes) {
      if (early) return keep(from, bytes, early);
      if (!worker) return;
      send(bytes);
      if (ahead > TYPED_AHEAD) holdBack(from);
    },
    to(next) {
      turnTo(next);
      for (const bytes of early ?? []) send(bytes);
      early = undefined;
    },
    lose: () => turnTo(undefined),
    taken(bytes) {
      ahead = Math.max(0, ahead - (bytes - taken));
      taken = bytes;
    },
  };
}
