import type { Outcome } from '@fatbuildr/domain';
import type { Peer } from './peer.ts';
import { type Arrival, type ClientEnd, openTerminal, type Terminal, type WorkerEnd } from './terminal.ts';

/** The terminals of all attempts that have one. They are lost when the api stops: both sides come again. */
export interface Terminals {
  /** Somebody attaches to the terminal of an attempt, which there may only be later. */
  attach(attempt: string, peer: Peer, arrival: Arrival): ClientEnd;
  /** The worker brings the shell of an attempt. */
  join(attempt: { id: string; task: string }, peer: Peer): WorkerEnd;
  /** An attempt is over. */
  ended(attempt: string, outcome: Outcome | null, message: string | undefined): void;
  /** The exit status of a shell that ended not long ago; null when it is not known. */
  statusOf(attempt: string): number | null;
  /** How the shell of a task stands; undefined when it has none. */
  ofTask(task: string): Pick<Terminal, 'state' | 'clients'> | undefined;
}

const STATUSES = 200;

export function createTerminals(): Terminals {
  const open = new Map<string, Terminal>();
  const byTask = new Map<string, Terminal>();
  /** How the last shells ended: whoever was cut off just then comes again to ask. */
  const statuses = new Map<string, number>();

  function terminalOf(attempt: string): Terminal {
    const known = open.get(attempt);
    if (known) return known;
    const made = openTerminal();
    open.set(attempt, made);
    return made;
  }
  function forget(attempt: string): void {
    const terminal = open.get(attempt);
    if (!terminal?.isLeft) return;
    open.delete(attempt);
    for (const [task, shell] of byTask) if (shell === terminal) byTask.delete(task);
  }
  const andForget = <E extends { leave(): void }>(attempt: string, end: E): E => ({
    ...end,
    leave() {
      end.leave();
      forget(attempt);
    },
  });

  return {
    attach: (attempt, peer, arrival) => andForget(attempt, terminalOf(attempt).attach(peer, arrival)),
    join({ id, task }, peer) {
      const terminal = terminalOf(id);
      byTask.set(task, terminal);
      return andForget(id, terminal.join(peer));
    },
    ended(attempt, outcome, message) {
      const terminal = open.get(attempt);
      if (!terminal) return;
      if (terminal.status !== null) statuses.set(attempt, terminal.status);
      for (const old of [...statuses.keys()].slice(0, -STATUSES)) statuses.delete(old);
      terminal.end(outcome, message);
      forget(attempt);
    },
    ofTask: (task) => byTask.get(task),
    statusOf: (attempt) => statuses.get(attempt) ?? null,
  };
}
