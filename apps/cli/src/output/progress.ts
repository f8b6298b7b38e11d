import { bytes } from './units.ts';

const WIDTH = 30;
/** Smaller files are through before anybody could read a bar. */
const WORTH_SHOWING = 1024 * 1024;

/** A bar on stderr while bytes move, if that is a terminal and there are many. */
export function progressBar(label: string, total: number): { update(done: number): void; end(): void } {
  const { stderr } = process;
  if (!stderr.isTTY || total < WORTH_SHOWING) return { update: () => {}, end: () => {} };
  return {
    update(done) {
      const filled = Math.round((WIDTH * done) / total);
      stderr.write(
        `\r${label} [${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${bytes(done)} of ${bytes(total)}\x1b[K`,
      );
    },
    end() {
      stderr.write('\r\x1b[K');
    },
  };
}
