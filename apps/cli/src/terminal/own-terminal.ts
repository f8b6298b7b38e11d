import { spawnSync } from 'node:child_process';
import { TERMINAL_TYPE, type TerminalSize } from '@fatbuildr/domain/client-side';

/** The terminal that the command was started on, if it was started on one. */
export interface OwnTerminal {
  /** Whether somebody types here: standard input is a terminal. */
  readonly isTyped: boolean;
  readonly isRaw: boolean;
  /** Its `TERM`, where that is a name that may be passed on. */
  readonly type: string | undefined;
  size(): TerminalSize;
  /** From now on every key is handed on as it is, and all that is printed goes through as it is. */
  makeRaw(): void;
  /** As it was found. Also done when the process ends, whatever ends it. */
  restore(): void;
  onResize(listener: (size: TerminalSize) => void): void;
  /** Restores, and listens to nothing more. */
  close(): void;
}

/** These end a process before its `exit` listeners run. */
const DEADLY = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export function openOwnTerminal(): OwnTerminal {
  const { stdin } = process;
  const screen = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
  const { isTTY: isTyped } = stdin;
  const resized: (() => void)[] = [];
  let isRaw = false;

  function makeRaw(): void {
    if (!isTyped) return;
    stdin.setRawMode(true);
    // Node leaves the translation of line ends on, which breaks programs that move the cursor by them; it puts back
    // what it found here too
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    isRaw = true;
  }
  function restore(): void {
    if (!isRaw) return;
    stdin.setRawMode(false);
    isRaw = false;
  }
  const size = () => ({ columns: screen?.columns || 80, rows: screen?.rows || 24 });
  const die = (signal: NodeJS.Signals) => {
    close();
    process.kill(process.pid, signal);
  };
  /** Whoever stopped us has set the terminal to their own liking. */
  const goOn = () => {
    if (!isRaw) return;
    restore();
    makeRaw();
  };
  function close(): void {
    restore();
    process.off('exit', restore);
    process.off('SIGCONT', goOn);
    for (const signal of DEADLY) process.off(signal, die);
    for (const listener of resized) screen?.off('resize', listener);
  }
  process.on('exit', restore);
  process.on('SIGCONT', goOn);
  for (const signal of DEADLY) process.on(signal, die);

  const type = process.env['TERM'] ?? '';
  return {
    isTyped,
    get isRaw() {
      return isRaw;
    },
    type: TERMINAL_TYPE.test(type) ? type : undefined,
    size,
    makeRaw,
    restore,
    onResize(listener) {
      const tell = () => listener(size());
      resized.push(tell);
      screen?.on('resize', tell);
    },
    close,
  };
}
