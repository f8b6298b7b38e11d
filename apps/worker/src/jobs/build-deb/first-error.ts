/** Looks for the line that says why a build failed. */
export interface ErrorFinder {
  line(text: string): void;
  /** The line that tells most, or undefined. */
  found(): string | undefined;
}

/** What compilers, linkers, tests and tools say first, before everything above them fails in turn. */
const REAL = [
  /(^|\s)(fatal )?error(\[\w+\])?:/i,
  /undefined reference to/,
  /: (command )?not found$/,
  /\*\*\* No rule to make target/,
  /No such file or directory$/,
  /^(FAIL|FAILED|not ok)\b/,
];
/** Who only passes on that something below failed. */
const FOLLOWS =
  /^(dh[_\w]*|dpkg-buildpackage|debuild): error: |^make(\[\d+\])?: \*\*\* \[|^[EW]: |^dpkg-buildpackage: /;
const LONGEST = 500;

/** A finder that keeps the first real error, and the last word of the tools around as a substitute. */
export function createErrorFinder(): ErrorFinder {
  let real: string | undefined;
  let last: string | undefined;
  return {
    line(text) {
      const line = text.trim().slice(0, LONGEST);
      if (FOLLOWS.test(line)) {
        if (/error|\*\*\*/i.test(line)) last = line;
      } else if (real === undefined && REAL.some((pattern) => pattern.test(line))) {
        real = line;
      }
    },
    found: () => real ?? last,
  };
}
