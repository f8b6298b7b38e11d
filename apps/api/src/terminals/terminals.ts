import type { TerminalEnd } from '@fatbuildr/domain';
import type { Peer } from './peer.ts';
import { type Arrival, type ClientEnd, openTerminal, type Terminal, type WorkerEnd } from './terminal.ts';

/** The terminals of all attempts that have one. They are lost when the api stops: both sides come again. */
export interface Terminals {
  /** Somebody attaches to the terminal of an attempt, which there may only be later. */
  attach(attempt: string, peer: Peer, arrival: Arrival): ClientEnd;
  /** The worker brings the shell of an attempt. */
  join(attempt: { id: string; task: string }, peer: Peer): WorkerEnd;
  /** An attempt is over. */
  ended(attempt: string, end: TerminalEnd): void;
  /** How the shell of a task stands; undefined when it has none. */
  ofTask(task: string): Pick<Terminal, 'state' | 'clients'> | undefined;
}

export function createTerminals(): Terminals {
  const open = new Map<string, Terminal>();
  const byTask = new Map<string, Terminal>();

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
  return {
    attach(attempt, peer, arrival) {
      const end = terminalOf(attempt).attach(peer, arrival);
      return {
        ...end,
        leave() {
          end.leave();
          forget(attempt);
        },
      };
    },
    join({ id, task }, peer) {
      const terminal = terminalOf(id);
      byTask.set(task, terminal);
      const end = terminal.join(peer);
      return {
        ...end,
        leave(meant) {
          end.leave(meant);
          forget(id);
        },
      };
    },
    ended(attempt, end) {
      open.get(attempt)?.end(end);
      forget(attempt);
    },
    ofTask: (task) => byTask.get(task),
  };
}
