/** A build dependency that apt could not satisfy. */
export interface UnmetDependency {
  /** As in Build-Depends, alternatives joined by ` | `: `libfoo-dev (>= 2)`. */
  dependency: string;
  /** Apt's words: `not installable`, `1.0 is to be installed`. */
  reason: string;
}

/** Of a package whose installed version does not do, apt gives no reason. */
const unmet = /(?:^|[\s:])(?:Pre)?Depends: (\S+(?: \([^)]*\))?)(?: but (.*))?$/;
const alternative = /^\s+(\S+(?: \([^)]*\))?) but (.*)$/;
const unlocated = /E: Unable to locate package (\S+)/;

/** The dependencies that the output of `apt-get build-dep` names as unmet, each once, in order. */
export function parseUnmetDependencies(log: string): UnmetDependency[] {
  const found: UnmetDependency[] = [];
  let open: UnmetDependency | undefined;
  for (const line of log.split('\n')) {
    const [, name, rest = 'no such version'] = unmet.exec(line) ?? [];
    const [, other, otherRest] = (open && alternative.exec(line)) || [];
    const [, missing] = unlocated.exec(line) ?? [];
    if (name !== undefined) {
      const next = { dependency: name, reason: reasonOf(rest) };
      found.push(next);
      open = rest.endsWith(' or') ? next : undefined;
    } else if (open && other !== undefined && otherRest !== undefined) {
      open.dependency += ` | ${other}`;
      if (!otherRest.endsWith(' or')) open = undefined;
    } else if (missing !== undefined) {
      found.push({ dependency: missing, reason: 'no such package' });
    }
  }
  return found.filter(({ dependency }, index) => found.findIndex((one) => one.dependency === dependency) === index);
}

/** Standard error comes in between and may hang on the same line. */
function reasonOf(text: string): string {
  return text
    .replace(/E: .*$/, '')
    .replace(/ or$/, '')
    .replace(/^it is /, '')
    .trim();
}
