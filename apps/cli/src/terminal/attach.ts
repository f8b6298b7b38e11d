import type { Client, ShellReads } from '@fatbuildr/client';
import type { TerminalEnd } from '@fatbuildr/domain/client-side';
import { whenOutputCloses } from '../output/closed-output.ts';
import { UsageError } from '../output/report-error.ts';
import { write } from '../output/write.ts';
import { standardInput, typeInto } from './input.ts';
import { Left } from './left.ts';
import { readLogPart } from './log-part.ts';
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
  /** Ends the shell that reads our standard input, once nobody reads what it prints. */
  abandon?: (() => Promise<unknown>) | undefined;
}

/**
 * Puts the user at the terminal of an attempt until its shell has ended; returns how. The user's own terminal is as it
 * was found when this settles. Without one, standard input is what the shell reads, and what it prints comes whole.
 *
 * @throws {Left} after `~.`, or when the terminal that was typed on is gone
 * @throws {UsageError} when the shell takes nothing from a pipe of ours
 */
export async function attach(
  client: Client,
  { task, attempt, offset, signal, abandon }: Attachment,
): Promise<TerminalEnd> {
  const own = openOwnTerminal();
  const leaving = new AbortController();
  const either = AbortSignal.any([signal, leaving.signal]);
  const say = (text: string) => void process.stderr.write(own.isRaw ? `\r\n${text}\r\n` : `${text}\n`);
  const { begin, print, reach } = transcript({
    from: offset,
    shell: (bytes) => write(process.stdout, bytes),
    log: (bytes) => write(process.stderr, bytes),
    isRaw: () => own.isRaw,
    onGap({ from, to }, take) {
      if (!own.isTyped) return readLogPart(client, attempt, { from, to, take, signal: either });
      return say(`(${to - from} bytes are left out here; "fatbuildrctl watch ${task}" has them)`);
    },
  });
  const beginOf = () => client.task({ params: { task } }).then((found) => shellPhase(found, attempt)?.logOffset ?? 0);
  let isOpen = false;
  let stopInput: (() => void) | undefined;

  const terminal = client.attachTerminal(attempt, {
    size: own.size(),
    ...(own.type === undefined ? {} : { term: own.type }),
    ...(offset === undefined ? {} : { offset }),
    ...(own.isTyped ? {} : { input: standardInput() }),
    signal: either,
    onBytes: print,
    onState(state, { reads, from }) {
      if (state === 'running') open(reads, from);
      // before there is a shell, nobody has to know
      else if (isOpen) say(`${WORDS[state]}${stopInput ? LOST : ''}`);
    },
  });

  function open(reads: ShellReads, from: number | undefined): void {
    if (isOpen) return say('It is back.');
    isOpen = true;
    begin(from === undefined ? beginOf() : Promise.resolve(from));
    if (!own.isTyped) {
      if (reads !== 'this') leaving.abort(noPipe(task, reads));
      else if (abandon) whenOutputCloses(abandon);
    } else if (reads === 'terminal') stopInput = typeInto(terminal, own, () => leaving.abort(new Left()));
    else
      say(
        'This shell has no terminal: it reads what somebody else pipes into it. You see what it prints; Ctrl-C leaves.',
      );
  }

  try {
    const end = await terminal.ended;
    // it may have ended while we were cut off
    if (!isOpen) begin(beginOf());
    if (end.printed !== undefined) await reach(end.printed);
    return end;
  } finally {
    stopInput?.();
    if (!own.isTyped) process.stdin.destroy();
    // a shell that was left may have its cursor anywhere
    if (leaving.signal.aborted && own.isRaw) say('');
    own.close();
  }
}

const WORDS = {
  waiting: 'The shell is waited for.',
  unreachable: 'The build host cannot be reached at the moment.',
  cut: 'The connection was cut and is tried again.',
};
const LOST = ' What is typed meanwhile is lost; ~. leaves.';

function noPipe(task: string, reads: ShellReads): UsageError {
  return new UsageError(
    reads === 'terminal'
      ? `The shell of task ${task} is a terminal, and takes nothing from a pipe.`
      : `The shell of task ${task} reads what somebody else pipes into it.`,
    `"fatbuildrctl watch ${task}" shows what it prints.`,
  );
}
