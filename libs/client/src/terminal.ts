import {
  readTerminalNotice,
  streams,
  TERMINAL_INPUT_LIMIT,
  TERMINAL_SIDE_LIMIT,
  type TerminalEnd,
  type TerminalRequest,
  type TerminalSize,
  type TerminalState,
} from '@fatbuildr/domain/client-side';
import { ApiProblem, pathOf, send } from './call.ts';
import { type LogSocket, type LogStream, type LogTransport, readLogStream } from './log-stream.ts';

export interface TerminalOptions extends Pick<LogStream<TerminalEnd>, 'onBytes' | 'signal' | 'reconnects'> {
  /** Byte of the log to begin at; by default the last of what was printed comes first. */
  offset?: number;
  size: TerminalSize;
  /** `TERM` there. */
  term?: string;
  /** Where it stands, each time that changes; `cut`: the connection is gone and is tried again. */
  onState(state: TerminalState | 'cut'): void;
}

/** The near end of a terminal. */
export interface Terminal {
  /** Types. Returns false where nobody takes it, and then it is lost: keys that arrive late do harm. */
  type(bytes: Uint8Array): boolean;
  resize(size: TerminalSize): void;
  /** Bytes that were typed and have not left yet. */
  readonly pending: number;
  /**
   * Settles when the shell has ended, or the build without one. Rejects with the signal's reason, and as `call` does
   * where the server refuses or is away for too long.
   */
  readonly ended: Promise<TerminalEnd>;
}

/** What no second try would change. */
const FINAL = [401, 403, 404, 409, 410, 422];

/**
 * Attaches to the terminal of an attempt: of a shell, or of an interactive build, which gets one when it fails. A cut
 * connection is taken up again at the same byte of what is printed; where the server has left bytes out, the next
 * offset tells.
 */
export function attachTerminal(transport: LogTransport, attempt: string, options: TerminalOptions): Terminal {
  const { size, term, offset: from, onState, ...taker } = options;
  const path = pathOf(streams.terminal, { attempt });
  let shown = within(size);
  let state: TerminalState | 'cut' = 'waiting';
  let socket: LogSocket | undefined;

  function enter(next: typeof state): void {
    if (next === state) return;
    state = next;
    onState(next);
  }

  const ended = readLogStream<TerminalEnd>(transport, {
    ...taker,
    from,
    mayLack: true,
    path(offset) {
      const query = new URLSearchParams({ columns: `${shown.columns}`, rows: `${shown.rows}` });
      if (term !== undefined) query.set('term', term);
      if (offset !== undefined) query.set('offset', `${offset}`);
      return `${path}?${query}`;
    },
    onOpen: (opened) => {
      socket = opened;
    },
    onText(text) {
      const notice = readTerminalNotice(text);
      if (notice && 'ended' in notice) return notice.ended;
      if (notice) enter(notice.attached.state);
      return undefined;
    },
    async onCut() {
      const wasThere = socket !== undefined;
      socket = undefined;
      enter('cut');
      if (!wasThere) await throwRefusal();
    },
  });

  /** A WebSocket does not tell why it was refused; a plain request to the same place does. */
  async function throwRefusal(): Promise<void> {
    try {
      const answer = await send(transport, path, { method: 'GET' });
      await answer.body?.cancel();
    } catch (error) {
      if (error instanceof ApiProblem && FINAL.includes(error.status)) throw error;
    }
  }

  return {
    ended,
    get pending() {
      return socket?.bufferedAmount ?? 0;
    },
    type(bytes) {
      if (!socket || state !== 'running') return false;
      for (let at = 0; at < bytes.length; at += TERMINAL_INPUT_LIMIT) {
        // a copy: what is sent later must not be what the caller's buffer holds by then
        socket.send(bytes.slice(at, at + TERMINAL_INPUT_LIMIT));
      }
      return true;
    },
    resize(next) {
      shown = within(next);
      socket?.send(JSON.stringify({ resize: shown } satisfies TerminalRequest));
    },
  };
}

function within({ columns, rows }: TerminalSize): TerminalSize {
  const side = (length: number) => Math.min(Math.max(1, length), TERMINAL_SIDE_LIMIT);
  return { columns: side(columns), rows: side(rows) };
}
