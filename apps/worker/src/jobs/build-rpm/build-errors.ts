import { createLineFilter } from '../../log/line-filter.ts';
import { createErrorFinder } from '../build/first-error.ts';

/** Looks for what went wrong in the output of a build, line by line. */
export interface BuildErrors {
  write(chunk: Buffer): void;
  /** The line that tells most. */
  found(): string | undefined;
}

/** @param seen is told each line first; those for which it answers true are nothing of the build's */
export function buildErrors(seen: (line: string) => boolean = () => false): BuildErrors {
  const errors = createErrorFinder();
  const lines = createLineFilter(
    () => {},
    (line) => {
      if (!seen(line)) errors.line(line);
      return false;
    },
  );
  return {
    write: (chunk) => lines.write(chunk),
    found() {
      lines.end();
      return errors.found();
    },
  };
}
