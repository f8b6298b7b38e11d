import {
  readTerminalNotice,
  streams,
  TERMINAL_INPUT_LIMIT,
  TERMINAL_SIDE_LIMIT,
  type TerminalEnd,
  type TerminalNotice,
  type TerminalPipe,
  type TerminalRequest,
  type TerminalSize,
  type TerminalState,
} from '@fatbuildr/domain/client-side';
import { ApiProblem, pathOf, send } from './call.ts';
import { type LogSocket, type LogStream, type LogTransport, readLogStream } from './log-stream.ts';
import { pipeIn } from './piped-input.ts';

/**
 * What a shell reads: what is typed at its terminal, or, where it has none, what is piped in from here or from somebody
 * else.
 */
export type ShellReads = 'terminal' | 'this' | 'other';

export interface TerminalOptions extends Pick<LogStream<TerminalEnd>, 'onBytes' | 'signal' | 'reconnects'> {
  /** Byte of the log to begin at; by default the last of what was printed comes first. */
  offset?: number;
  size: TerminalSize;
  /** `TERM` there. */
  term?: string;
  /**
   * What is piped into the shell, which has no terminal then, if nobody was there before. Every byte arrives once, and
   * its end after all of them, whatever is cut off.
   */
  input?: AsyncIterable<Uint8Array> | undefined;
  /** Where it stands, each time that changes; `cut`: the connection is gone and is tried again. */
  onState(state: TerminalState | 'cut', shell: { reads: ShellReads; from: number | undefined }): void;
}

/** The near end of a terminal. */
export interface Terminal {
  /** Types. Returns false where nobody takes it, and then it is lost: keys that arrive late do harm. */
  type(bytes: Uint8Array): boolean;
  resize(size: TerminalSize): void;
  /**
   * Settles when the shell has ended, or the build without one. Rejects with the signal's reason, with what the input
   * could not be read for, and as `call` does where the server refuses or is away for too long.
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
  const { size, term, input, offset: from, onState, ...taker } = options;
  const path = pathOf(streams.terminal, { attempt });
  let shown = within(size);
  let state: TerminalState | 'cut' = 'waiting';
  let socket: LogSocket | undefined;
  let pipe: TerminalPipe | undefined;
  const broken = new AbortController();
  const piped = input && { name: newPipeName(), ...pipeIn(input, (error) => broken.abort(error)) };

  function enter(next: typeof state): void {
    if (next === 'running' && pipe?.yours && socket) piped?.goOn(socket, pipe.taken);
    else piped?.hold();
    if (next === state) return;
    state = next;
    const reads = pipe === undefined ? 'terminal' : pipe.yours ? 'this' : 'other';
    onState(next, { reads, from: pipe?.from });
  }
  function heed(notice: TerminalNotice): TerminalEnd | undefined {
    if ('ended' in notice) return notice.ended;
    if ('taken' in notice) piped?.taken(notice.taken);
    else {
      ({ pipe } = notice.attached);
      enter(notice.attached.state);
    }
    return undefined;
  }

  const ended = readLogStream<TerminalEnd>(transport, {
    ...taker,
    signal: AbortSignal.any([broken.signal, ...(taker.signal ? [taker.signal] : [])]),
    from,
    mayLack: true,
    path(offset) {
      const query = new URLSearchParams({ columns: `${shown.columns}`, rows: `${shown.rows}` });
      if (term !== undefined) query.set('term', term);
      if (piped) query.set('pipe', piped.name);
      if (offset !== undefined) query.set('offset', `${offset}`);
      return `${path}?${query}`;
    },
    onOpen: (opened) => {
      socket = opened;
    },
    onText(text) {
      const notice = readTerminalNotice(text);
      return notice && heed(notice);
    },
    async onCut() {
      const wasThere = socket !== undefined;
      socket = undefined;
      enter('cut');
      if (!wasThere) await throwRefusal();
    },
  }).finally(() => piped?.hold());

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

function newPipeName(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

function within({ columns, rows }: TerminalSize): TerminalSize {
  const side = (length: number) => Math.min(Math.max(1, length), TERMINAL_SIDE_LIMIT);
  return { columns: side(columns), rows: side(rows) };
}
