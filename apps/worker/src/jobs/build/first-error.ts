/** Looks for the line that says why a build failed. */
export interface ErrorFinder {
  line(text: string): void;
  /** The line that tells most, or undefined. */
  found(): string | undefined;
}

/** What compilers, linkers and tests say of what is wrong. */
const PLAIN = [
  /(^|\s)(fatal )?error(\[\w+\])?:/i,
  /undefined reference to/,
  /\*\*\* No rule to make target/,
  /^(FAIL|FAILED|not ok)\b/,
  /^\d+ out of \d+ hunks? FAILED/,
];
/** What is said of harmless things as well: the one right before everything fails is the one. */
const VAGUE = [/: (command )?not found$/, /No such file or directory$/, /Permission denied$/];
/** Who only passes on that something below failed. */
const FOLLOWS =
  /^(dh[_\w]*|dpkg-buildpackage|debuild): error: |^make(\[\d+\])?: \*\*\* \[|^[EW]: |^dpkg-buildpackage: |^(error: |    )Bad exit status from |^RPM build errors:/;
/** What `sh -x` is about to call, as in the scripts of a spec file. */
const TRACE = /^\++ /;
const LONGEST = 500;

/** A finder that keeps the first error, and for want of one the first word of the tools around. */
export function createErrorFinder(): ErrorFinder {
  let plain: string | undefined;
  let vague: string | undefined;
  let passedOn: string | undefined;
  return {
    line(text) {
      const line = text.trim().slice(0, LONGEST);
      if (TRACE.test(line)) return;
      if (FOLLOWS.test(line)) {
        if (/error|\*\*\*/i.test(line)) passedOn ??= line;
      } else if (PLAIN.some((pattern) => pattern.test(line))) {
        plain ??= line;
      } else if (passedOn === undefined && VAGUE.some((pattern) => pattern.test(line))) {
        vague = line;
      }
    },
    found: () => plain ?? vague ?? passedOn,
  };
}
