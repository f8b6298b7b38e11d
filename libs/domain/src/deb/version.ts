/** A Debian version taken apart (Debian Policy 5.6.12). */
export interface DebVersion {
  epoch: number;
  upstream: string;
  /** Empty when the version has none. */
  revision: string;
}

/** The parts of a version, or undefined when it is not one. */
export function parseDebVersion(text: string): DebVersion | undefined {
  const match = /^(?:(\d+):)?([^-:].*)$/.exec(text);
  if (!match) return undefined;
  const [, epoch = '0', rest = ''] = match;
  const dash = rest.lastIndexOf('-');
  const upstream = dash < 0 ? rest : rest.slice(0, dash);
  const revision = dash < 0 ? '' : rest.slice(dash + 1);
  if (!/^\d[A-Za-z0-9.+~:-]*$/.test(upstream) || (match[1] === undefined && upstream.includes(':'))) return undefined;
  if (dash >= 0 && !/^[A-Za-z0-9.+~]+$/.test(revision)) return undefined;
  if (Number(epoch) > 0x7fffffff) return undefined;
  return { epoch: Number(epoch), upstream, revision };
}

/** The version as file names carry it: without the epoch. */
export function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}

/**
 * The order of two versions as dpkg has it: negative, zero or positive.
 *
 * @throws RangeError when one of them is not a version.
 */
export function compareDebVersions(a: string, b: string): number {
  const [left, right] = [mustParse(a), mustParse(b)];
  return (
    left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision)
  );
}

function mustParse(text: string): DebVersion {
  const version = parseDebVersion(text);
  if (!version) throw new RangeError(`not a Debian version: ${text}`);
  return version;
}

/** Non-digits and digits in turn: `~` before the end, letters before other characters, numbers by value. */
function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const order = weight(a[i]) - weight(b[j]);
      if (order !== 0) return order;
      i++;
      j++;
    }
    const [left, right] = [digitsAt(a, i), digitsAt(b, j)];
    const order = compareNumbers(left, right);
    if (order !== 0) return order;
    i += left.length;
    j += right.length;
  }
  return 0;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function weight(character: string | undefined): number {
  if (character === undefined || isDigit(character)) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

function digitsAt(text: string, from: number): string {
  return /^\d*/.exec(text.slice(from))?.[0] ?? '';
}

/** By length, then by text: numbers may be longer than a double can hold. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
