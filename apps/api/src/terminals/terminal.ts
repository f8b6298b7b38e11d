import {
  type LogFrame,
  logFrame,
  PIPE_WINDOW,
  readLogFrame,
  TERMINAL_REPLAY,
  TERMINAL_TAIL,
  type TerminalAudience,
  type TerminalEnd,
  type TerminalNotice,
  type TerminalReport,
  type TerminalState,
} from '@fatbuildr/domain';
import { tellLatest } from './latest.ts';
import { keepPace } from './pace.ts';
import type { Peer } from './peer.ts';
import { createTranscript } from './transcript.ts';
import { openTyping } from './typing.ts';

/** What a client has: a window or a pipe, and how far it is in the transcript. */
export interface Arrival {
  terminal: NonNullable<TerminalAudience['terminal']>;
  /** Byte to go on from; absent: the last of the transcript. */
  offset?: number | undefined;
  /** The name of what it pipes in: it has no window then. */
  pipe?: string | undefined;
}

/** What somebody who attached can do. */
export interface ClientEnd {
  /** Keys; of somebody with a pipe, a piece of that with its offset. What is not for this shell is dropped. */
  type(bytes: Uint8Array): void;
  /** The pipe ends after so many bytes. */
  eof(length: number): void;
  resize(size: { columns: number; rows: number }): void;
  leave(): void;
}

/** What the worker can do. */
export interface WorkerEnd {
  print(frame: LogFrame): void;
  report(report: TerminalReport): void;
  /** `meant`: it said so, and was not cut off. */
  leave(meant: boolean): void;
}

/** The terminal of one attempt: one shell, and any number of people at it. All of it in memory. */
export interface Terminal {
  readonly state: TerminalState;
  readonly clients: number;
  /** Whether nobody is there, neither clients nor worker. */
  readonly isLeft: boolean;
  attach(peer: Peer, arrival: Arrival): ClientEnd;
  join(peer: Peer): WorkerEnd;
  /** The attempt is over: everybody is told and sent away. */
  end(end: TerminalEnd): void;
}

interface Client {
  peer: Peer;
  pipe: string | undefined;
  /** Byte of the transcript that it gets next; undefined until there is any. */
  next: number | undefined;
}

export function openTerminal(): Terminal {
  const transcript = createTranscript(TERMINAL_REPLAY);
  /** In the order in which they came. */
  const clients = new Set<Client>();
  const typing = openTyping();
  let worker: Peer | undefined;
  let state: TerminalState = 'waiting';
  let terminal: TerminalAudience['terminal'] = null;
  /** What the shell reads, where it has no terminal. */
  let pipe: Extract<TerminalReport, { running: true }>['pipe'];
  /** What the present worker was sent of that: up to which byte, and whether that is its end. */
  let sent = { to: 0, isWhole: false };
  const isFeeder = (client: Client) => pipe !== undefined && client.pipe === pipe.name;
  const pace = keepPace(() => [...clients].map((client) => ({ peer: client.peer, leads: isFeeder(client) })), {
    pause: () => worker?.pause(),
    resume: () => worker?.resume(),
  });

  const tell = ({ peer }: Client, notice: TerminalNotice) => peer.send(JSON.stringify(notice));
  function tellState(client: Client): void {
    const reads = pipe && { pipe: { yours: isFeeder(client), taken: pipe.taken, from: pipe.from } };
    tell(client, { attached: { state, ...reads } });
  }
  function enter(next: TerminalState): void {
    state = next;
    for (const client of clients) tellState(client);
  }
  const audience = tellLatest(
    () => worker,
    () => {
      const [first] = clients;
      return JSON.stringify({
        have: transcript.end,
        clients: clients.size,
        terminal,
        pipe: first?.pipe ?? null,
      } satisfies TerminalAudience);
    },
  );
  function give(client: Client, { offset, bytes }: LogFrame): void {
    const next = client.next ?? offset;
    const wanted = bytes.subarray(Math.max(0, next - offset));
    if (wanted.length === 0) return;
    const from = Math.max(offset, next);
    client.peer.send(logFrame({ offset: from, bytes: wanted }));
    client.next = from + wanted.length;
  }
  function feed(client: Client, bytes: Uint8Array): void {
    const piece = readLogFrame(bytes);
    if (!pipe || !isFeeder(client) || state !== 'running' || !piece) return;
    const end = piece.offset + piece.bytes.length;
    if (end > pipe.taken + PIPE_WINDOW)
      return client.peer.close(1008, 'More is on its way than may be before the command takes it.');
    // What comes again is on its way already; were it sent again, who repeats it would fill the memory.
    if (piece.offset > sent.to || end <= sent.to) return;
    worker?.send(logFrame({ offset: sent.to, bytes: piece.bytes.subarray(sent.to - piece.offset) }));
    sent.to = end;
  }
  function endPipe(client: Client, length: number): void {
    if (!isFeeder(client) || state !== 'running' || length !== sent.to || sent.isWhole) return;
    worker?.send(JSON.stringify({ eof: length }));
    sent.isWhole = true;
  }
  /** Whoever comes again with the same pipe was cut off, and may not know it yet at the other end. */
  function replace(name: string): void {
    for (const client of [...clients].filter((one) => one.pipe === name)) {
      clients.delete(client);
      client.peer.close(1000, 'You came anew.');
    }
  }

  return {
    get state() {
      return state;
    },
    get clients() {
      return clients.size;
    },
    get isLeft() {
      return clients.size === 0 && worker === undefined;
    },

    attach(peer, arrival) {
      if (arrival.pipe !== undefined) replace(arrival.pipe);
      const client: Client = { peer, pipe: arrival.pipe, next: arrival.offset };
      clients.add(client);
      if (client.pipe === undefined) terminal = arrival.terminal;
      tellState(client);
      const known = arrival.offset === undefined ? transcript.tail(TERMINAL_TAIL) : transcript.from(arrival.offset);
      if (known) give(client, known);
      audience.tell();
      return {
        type(bytes) {
          if (client.pipe !== undefined) feed(client, bytes);
          else if (!pipe) typing.type(peer, bytes);
        },
        eof: (length) => endPipe(client, length),
        resize(size) {
          terminal = { ...arrival.terminal, ...size };
          audience.tell();
        },
        leave() {
          if (!clients.delete(client)) return;
          audience.tell();
          pace.look();
        },
      };
    },

    join(peer) {
      worker?.close(1000, 'The worker came anew.');
      worker = peer;
      pace.anew();
      audience.tell();
      return {
        print(frame) {
          const fresh = transcript.add(frame);
          if (!fresh) return;
          for (const client of clients) give(client, fresh);
          pace.look();
        },
        report(report) {
          if (worker !== peer) return;
          if ('running' in report) {
            pipe = report.pipe && { ...report.pipe };
            sent = { to: pipe?.taken ?? 0, isWhole: false };
            if (!pipe) typing.to(peer);
            enter('running');
          } else if (pipe) {
            pipe.taken = report.taken;
            for (const client of clients) if (isFeeder(client)) tell(client, { taken: report.taken });
          } else typing.taken(report.taken);
        },
        leave(meant) {
          if (worker !== peer) return;
          worker = undefined;
          typing.lose();
          if (state === 'running' && !meant) enter('unreachable');
        },
      };
    },

    end(end) {
      for (const client of clients) {
        tell(client, { ended: end });
        client.peer.close(1000, 'The shell has ended.');
      }
      clients.clear();
      worker?.close(1000, 'The attempt has ended.');
      worker = undefined;
      audience.stop();
      pace.stop();
    },
  };
}
