import {
  type LogFrame,
  logFrame,
  type Outcome,
  TERMINAL_INPUT_LIMIT,
  TERMINAL_REPLAY,
  TERMINAL_TAIL,
  type TerminalAudience,
  type TerminalNotice,
  type TerminalReport,
} from '@fatbuildr/domain';
import { keepPace } from './pace.ts';
import type { Peer } from './peer.ts';
import { createTranscript } from './transcript.ts';

export type TerminalState = 'waiting' | 'running';

/** What a client has: a window, and how far it is in the transcript. */
export interface Arrival {
  terminal: NonNullable<TerminalAudience['terminal']>;
  /** Byte to go on from; absent: the last of the transcript. */
  offset?: number | undefined;
}

/** What somebody who attached can do. */
export interface ClientEnd {
  type(bytes: Uint8Array): void;
  resize(size: { columns: number; rows: number }): void;
  leave(): void;
}

/** What the worker can do. */
export interface WorkerEnd {
  print(frame: LogFrame): void;
  report(report: TerminalReport): void;
  leave(): void;
}

/** The terminal of one attempt: one shell, and any number of people at it. All of it in memory. */
export interface Terminal {
  readonly state: TerminalState;
  readonly clients: number;
  /** Whether nobody is there, neither clients nor worker. */
  readonly isLeft: boolean;
  attach(peer: Peer, arrival: Arrival): ClientEnd;
  join(peer: Peer): WorkerEnd;
  /** Of the shell, once it has ended by itself. */
  readonly status: number | null;
  /** The attempt is over: everybody is told and sent away. */
  end(outcome: Outcome | null, message: string | undefined): void;
}

/** Typed ahead to a worker that takes nothing: with so much the client is not read. */
const TYPED_AHEAD = 256 * 1024;
const LOOK_MS = 50;

interface Client {
  peer: Peer;
  /** Byte of the transcript that it gets next; undefined until there is any. */
  next: number | undefined;
}

export function openTerminal(): Terminal {
  const transcript = createTranscript(TERMINAL_REPLAY);
  const clients = new Set<Client>();
  const heldBack = new Set<Peer>();
  let worker: Peer | undefined;
  let state: TerminalState = 'waiting';
  let status: number | null = null;
  let terminal: TerminalAudience['terminal'] = null;
  /** Typed before there was a shell. */
  let early: Uint8Array[] = [];
  const pace = keepPace(() => [...clients].map(({ peer }) => peer), {
    pause: () => worker?.pause(),
    resume: () => worker?.resume(),
  });

  const tellClients = (notice: TerminalNotice) => {
    for (const { peer } of clients) peer.send(JSON.stringify(notice));
  };
  function tellWorker(): void {
    const audience: TerminalAudience = { have: transcript.end, clients: clients.size, terminal };
    worker?.send(JSON.stringify(audience));
  }
  function give(client: Client, { offset, bytes }: LogFrame): void {
    const next = client.next ?? offset;
    const wanted = bytes.subarray(Math.max(0, next - offset));
    if (wanted.length === 0) return;
    const from = Math.max(offset, next);
    client.peer.send(logFrame({ offset: from, bytes: wanted }));
    client.next = from + wanted.length;
  }
  function typed(from: Peer, bytes: Uint8Array): void {
    if (worker && state === 'running') {
      worker.send(bytes);
      if (isAhead(TYPED_AHEAD)) holdBack(from);
      return;
    }
    early.push(bytes);
    if (early.reduce((sum, { length }) => sum + length, 0) <= TERMINAL_INPUT_LIMIT) return;
    early.pop();
    from.close(1008, 'More was typed than can be kept until the shell is there; wait for it.');
  }
  const isAhead = (limit: number) => (worker?.buffered ?? 0) > limit;
  /** Reads no more of a client whose typing the worker does not take. */
  function holdBack(client: Peer): void {
    if (heldBack.has(client)) return;
    heldBack.add(client);
    client.pause();
    const timer = setInterval(() => {
      if (isAhead(TYPED_AHEAD / 2)) return;
      clearInterval(timer);
      heldBack.delete(client);
      client.resume();
    }, LOOK_MS).unref();
  }

  return {
    get state() {
      return state;
    },
    get clients() {
      return clients.size;
    },
    get status() {
      return status;
    },
    get isLeft() {
      return clients.size === 0 && worker === undefined;
    },

    attach(peer, arrival) {
      const client: Client = { peer, next: arrival.offset };
      clients.add(client);
      terminal = arrival.terminal;
      peer.send(JSON.stringify({ attached: { state } } satisfies TerminalNotice));
      const known = arrival.offset === undefined ? transcript.tail(TERMINAL_TAIL) : transcript.from(arrival.offset);
      if (known) give(client, known);
      tellWorker();
      return {
        type: (bytes) => typed(peer, bytes),
        resize(size) {
          terminal = { ...arrival.terminal, ...size };
          tellWorker();
        },
        leave() {
          if (!clients.delete(client)) return;
          tellWorker();
          pace.look();
        },
      };
    },

    join(peer) {
      worker?.close(1000, 'The worker came anew.');
      worker = peer;
      tellWorker();
      return {
        print(frame) {
          const fresh = transcript.add(frame);
          if (!fresh) return;
          for (const client of clients) give(client, fresh);
          pace.look();
        },
        report(report) {
          if ('exited' in report) {
            status = report.exited.status;
            return;
          }
          if (state === 'running') return;
          state = 'running';
          tellClients({ attached: { state } });
          for (const bytes of early) peer.send(bytes);
          early = [];
        },
        leave() {
          if (worker === peer) worker = undefined;
        },
      };
    },

    end(outcome, message) {
      tellClients({ ended: { status, outcome, ...(message === undefined ? {} : { message }) } });
      for (const { peer } of clients) peer.close(1000, 'The shell has ended.');
      clients.clear();
      worker?.close(1000, 'The attempt has ended.');
      worker = undefined;
      pace.stop();
    },
  };
}
