import type { Client } from '@fatbuildr/client';
import type { TerminalEnd } from '@fatbuildr/domain/client-side';
import { write } from '../output/write.ts';
import { pipeInto, typeInto } from './input.ts';
import { Left } from './left.ts';
import { openOwnTerminal } from './own-terminal.ts';
import { transcript } from './transcript.ts';
import { shellPhase } from './until-shell.ts';

export interface Attachment {
  task: string;
  attempt: string;
  /** Byte of the attempt's log to begin at; by default the last of what was printed comes first. */
  offset?: number | undefined;
  /** Aborted by Ctrl-C, while there is no shell yet that would get it. */
  signal: AbortSignal;
}

/**
 * Puts the user at the terminal of an attempt until its shell has ended; returns how. The user's own terminal is as it
 * was found when this settles.
 *
 * @throws {Left} after `~.`, or when the terminal that was typed on is gone
 */
export async function attach(client: Client, { task, attempt, offset, signal }: Attachment): Promise<TerminalEnd> {
  const own = openOwnTerminal();
  const leaving = new AbortController();
  const say = (text: string) => void process.stderr.write(own.isRaw ? `\r\n${text}\r\n` : `${text}\n`);
  const { begin, print } = transcript({
    shell: (bytes) => write(process.stdout, bytes),
    log: (bytes) => write(process.stderr, bytes),
    isRaw: () => own.isRaw,
    onGap: (count) => say(`(${count} bytes are left out here; "fatbuildrctl watch ${task}" has them)`),
  });
  let stopInput: (() => void) | undefined;

  const terminal = client.attachTerminal(attempt, {
    size: own.size(),
    ...(own.type === undefined ? {} : { term: own.type }),
    ...(offset === undefined ? {} : { offset }),
    signal: AbortSignal.any([signal, leaving.signal]),
    onBytes: print,
    onState(state) {
      if (state === 'running') open();
      // before there is a shell, nobody has to know
      else if (stopInput) say(`${WORDS[state]}${own.isTyped ? ' ~. leaves.' : ''}`);
    },
  });

  function open(): void {
    if (stopInput) return say('It is back.');
    begin(client.task({ params: { task } }).then((found) => shellPhase(found, attempt)?.logOffset ?? 0));
    stopInput = own.isTyped ? typeInto(terminal, own, () => leaving.abort(new Left())) : pipeInto(terminal);
  }

  try {
    return await terminal.ended;
  } finally {
    stopInput?.();
    // a shell that was left may have its cursor anywhere
    if (leaving.signal.aborted) say('');
    own.close();
  }
}

const WORDS = {
  waiting: 'The shell is waited for.',
  unreachable: 'The build host cannot be reached; what is typed meanwhile is lost.',
  cut: 'The connection was cut and is tried again; what is typed meanwhile is lost.',
};
