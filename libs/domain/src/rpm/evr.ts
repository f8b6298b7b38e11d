/** Epoch, version and release, as rpm compares packages by. */
export interface Evr {
  epoch: string;
  version: string;
  release: string;
}

/** `1:2-3`, or `2-3` where the epoch is 0. */
export function renderEvr({ epoch, version, release }: Evr): string {
  return `${epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;
}

/** Splits `[epoch:]version[-release]`; the epoch is 0 where none is given. */
export function parseEvr(text: string): Evr {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/s.exec(text) ?? [];
  return { epoch, version, release };
}

/** Whether `full` is a version and release that rpm takes: `2.10-1.el9`. */
export function isRpmVersion(full: string): boolean {
  return /^[A-Za-z0-9.+~^_]+-[A-Za-z0-9.+~^_]+$/.test(full);
}

/** Which of two `[epoch:]version[-release]` is newer; below zero when `a` is older. */
export function compareEvr(a: string, b: string): number {
  const [first, second] = [parseEvr(a), parseEvr(b)];
  return (
    Number(first.epoch) - Number(second.epoch) ||
    compareRpmVersions(first.version, second.version) ||
    compareRpmVersions(first.release, second.release)
  );
}

/**
 * As rpm's `rpmvercmp`: segments of digits or letters one after the other; digits are newer than letters, `~` sorts
 * before the end, `^` after it.
 */
export function compareRpmVersions(a: string, b: string): number {
  const [first, second] = [segments(a), segments(b)];
  for (let index = 0; ; index += 1) {
    const [left, right] = [first[index] ?? '', second[index] ?? ''];
    if (left === '' && right === '') return 0;
    const order = compareSegments(left, right);
    if (order !== 0) return order;
  }
}

function segments(version: string): string[] {
  return version.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? [];
}

function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === '^') return b === '' ? 1 : -1;
  if (b === '^') return a === '' ? -1 : 1;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const [aIsNumber, bIsNumber] = [/^\d/.test(a), /^\d/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
  if (!aIsNumber) return a < b ? -1 : 1;
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (x.length !== y.length) return x.length - y.length;
  return x === y ? 0 : x < y ? -1 : 1;
}
