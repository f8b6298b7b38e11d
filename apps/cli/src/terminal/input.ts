import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from '@fatbuildr/client';
import { escapes } from './escapes.ts';
import type { OwnTerminal } from './own-terminal.ts';

/** Ctrl-D: as a key, the end of what is typed. */
const END = 0x04;
const NEWLINE = 0x0a;
/** With so much on its way no more is read. */
const ENOUGH = 256 * 1024;
const LOOK_MS = 50;

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

/**
 * Types what is read from a file or pipe, then Ctrl-D on a line of its own. While nobody takes it, it waits: unlike
 * people's keys it does no harm when it comes late. Returns what ends it.
 */
export function pipeInto(terminal: Terminal): () => void {
  const { stdin } = process;
  let stopped = false;
  async function pipe(): Promise<void> {
    let last = NEWLINE;
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      await typed(chunk);
      last = chunk.at(-1) ?? last;
    }
    await typed(Buffer.from(last === NEWLINE ? [END] : [NEWLINE, END]));
  }
  async function typed(bytes: Buffer): Promise<void> {
    while (!stopped && (terminal.pending > ENOUGH || !terminal.type(bytes))) await sleep(LOOK_MS);
  }
  // that it was destroyed below, or cannot be read, is how it ends
  pipe().catch(() => undefined);
  return () => {
    stopped = true;
    stdin.destroy();
  };
}
