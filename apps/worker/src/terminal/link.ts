import {
  logFrame,
  TERMINAL_REPLAY,
  TERMINAL_TAIL,
  type TerminalAudience,
  TerminalOrder,
  type TerminalReport,
} from '@fatbuildr/domain';
import type { JobLog } from '../log/job-log.ts';

/** A connection to the api, as `ws` makes it. */
export interface ApiSocket {
  /** `sent` is called when it left for the network, or never will. */
  send(data: Uint8Array | string, sent: (error?: Error | null) => void): void;
  close(): void;
}

export interface SocketEvents {
  bytes(bytes: Uint8Array): void;
  text(text: string): void;
  closed(): void;
}

export interface TerminalLinkOptions {
  connect(events: SocketEvents): ApiSocket;
  /** The transcript: what is sent is what is written there. */
  log: Pick<JobLog, 'length' | 'read' | 'onWrite'>;
  /** Who is there; undefined while the api cannot be reached, and nobody knows. */
  onAudience(audience: TerminalAudience | undefined): void;
  /** Takes what was typed or piped in; `took` is to be called when the shell has taken so many bytes of what was typed. */
  onInput(bytes: Uint8Array, took: (bytes: number) => void): void;
  /** The pipe ends after so many bytes. */
  onEof(length: number): void;
  /** That the shell runs, as it is told to the api each time that this is reached; undefined before. */
  running(): TerminalReport | undefined;
  /** Between a cut and the next try, ms. */
  pauseMs?: number;
}

/** The worker's end of a terminal. It outlives cuts: the shell goes on, and what it prints meanwhile is sent later. */
export interface TerminalLink {
  /** Told at once, or never: after a cut the api is told anew how it stands. */
  report(report: TerminalReport): void;
  /** Resolves when the people at the terminal have taken enough for more to be printed. */
  room(): Promise<void>;
  /** Brings what was printed and reported to the api, within `patienceMs`, and ends the connection. */
  close(patienceMs: number): Promise<void>;
}

const FRAME = 32 * 1024;
/** So much may be printed and not sent yet. */
const AHEAD = 256 * 1024;

export function openTerminalLink({
  connect,
  log,
  onAudience,
  onInput,
  onEof,
  running,
  pauseMs = 1000,
}: TerminalLinkOptions): TerminalLink {
  const closed = Promise.withResolvers<void>();
  let waiting: (() => void)[] = [];
  let socket: ApiSocket | undefined;
  /** Byte of the log that is sent next; undefined until the api said what it has. */
  let next: number | undefined;
  let busy = false;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;

  function open(): void {
    let taken = 0;
    const mine = connect({
      text(text) {
        const order = TerminalOrder.safeParse(safeJson(text)).data;
        if (!order || mine !== socket) return;
        if ('eof' in order) return onEof(order.eof);
        if (next === undefined) {
          next = beginning(order.have);
          const report = running();
          if (report) tell(report);
        }
        onAudience(order);
        pump();
      },
      bytes(bytes) {
        onInput(bytes, (count) => {
          taken += count;
          if (mine === socket) tell({ taken });
        });
      },
      closed() {
        if (mine !== socket) return;
        socket = undefined;
        next = undefined;
        busy = false;
        letPrint();
        if (closing) return closed.resolve();
        onAudience(undefined);
        timer = setTimeout(open, pauseMs);
      },
    });
    socket = mine;
  }

  /** What the api has it does not get again; an api that was started anew gets the last of it. */
  function beginning(have: number | null): number {
    if (have === null) return Math.max(0, log.length - TERMINAL_TAIL);
    return Math.max(Math.min(have, log.length), log.length - TERMINAL_REPLAY);
  }

  /** One frame after the other, each when the one before has left: then it is the network that sets the pace. */
  function pump(): void {
    if (!socket || next === undefined || busy) return;
    if (next >= log.length) {
      letPrint();
      if (closing) socket.close();
      return;
    }
    const bytes = log.read(next, FRAME);
    const to = socket;
    busy = true;
    to.send(logFrame({ offset: next, bytes }), () => {
      if (to !== socket) return;
      busy = false;
      next = (next ?? 0) + bytes.length;
      if (log.length - next < AHEAD) letPrint();
      pump();
    });
  }

  function tell(report: TerminalReport): void {
    if (next !== undefined) socket?.send(JSON.stringify(report), () => undefined);
  }

  function letPrint(): void {
    for (const go of waiting) go();
    waiting = [];
  }

  const unlisten = log.onWrite(pump);
  open();

  return {
    report: tell,
    room: () =>
      next === undefined || log.length - next < AHEAD
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push(resolve)),
    async close(patienceMs) {
      closing = true;
      if (socket) {
        const late = setTimeout(closed.resolve, patienceMs);
        pump();
        await closed.promise;
        clearTimeout(late);
      }
      clearTimeout(timer);
      unlisten();
      const last = socket;
      socket = undefined;
      last?.close();
      letPrint();
    },
  };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
