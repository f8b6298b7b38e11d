import type { Terminal } from '@fatbuildr/client';
import { UsageError } from '../output/report-error.ts';
import { escapes } from './escapes.ts';
import type { OwnTerminal } from './own-terminal.ts';

/** Hands every key on, and sizes too; `onLeave` when `~.` was typed or the terminal is gone. Returns what ends it. */
export function typeInto(terminal: Terminal, own: OwnTerminal, onLeave: () => void): () => void {
  const { stdin } = process;
  const escaped = escapes();
  const onKeys = (keys: Buffer) => {
    const { send, leaves } = escaped(keys);
    if (send.length > 0) terminal.type(send);
    if (leaves) onLeave();
  };
  own.makeRaw();
  own.onResize(terminal.resize);
  stdin.on('data', onKeys).on('end', onLeave);
  return () => {
    stdin.off('data', onKeys).off('end', onLeave).pause();
  };
}

/** What is read from a file or pipe. */
export async function* standardInput(): AsyncIterable<Buffer> {
  try {
    yield* process.stdin as AsyncIterable<Buffer>;
  } catch (error) {
    throw new UsageError(
      `Standard input cannot be read: ${(error as Error).message}`,
      'The shell did not get all of it. Name a file or a pipe: fatbuildrctl images shell < FILE',
    );
  }
}
