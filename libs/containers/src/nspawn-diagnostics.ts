import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startedMark } from './nspawn-arguments.ts';

export interface Diagnostics {
  /** Resolves to true when the command is about to run; never otherwise. */
  started: Promise<true>;
  sawStart(): boolean;
  /** nspawn's last lines, for an error message. */
  text(): string;
  /** Whether nspawn said that the container's init was killed. */
  killed(): boolean;
}

/** Printed where /run is not a tmpfs, always, and without meaning. */
const harmless =
  /^Attempted to remove disk file system under "\/run\/systemd\/nspawn\/propagate\/[^"]*", and we can't allow that\.$/;

/** Reads what nspawn itself has to say: the build's output never comes this way. */
export function followDiagnostics(stderr: Readable): Diagnostics {
  const lines: string[] = [];
  let saw = false;
  const reader = createInterface({ input: stderr });
  const started = new Promise<true>((resolve) => {
    reader.on('line', (line) => {
      if (line === startedMark) {
        saw = true;
        resolve(true);
      } else if (!harmless.test(line)) {
        lines.push(line);
        if (lines.length > 20) lines.shift();
      }
    });
  });
  return {
    started,
    sawStart: () => saw,
    text: () => lines.join('; ') || 'systemd-nspawn gave no reason',
    killed: () => lines.some((line) => /^Container .* terminated by signal KILL\.$/.test(line)),
  };
}
