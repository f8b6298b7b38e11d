import { UsageError } from './output/report-error.ts';

const DAYS: Record<string, number> = { '': 1, d: 1, w: 7, m: 30, y: 365 };

/** Days out of `90`, `90d`, `12w`, `6m` or `2y`, the units that gpg and Fatbuildr 2.1 know. */
export function parseValidity(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,4})([dwmy]?)$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (DAYS[unit ?? ''] ?? 1);
  throw new UsageError(`"${text}" is not a validity.`, 'Write days, weeks, months or years: 90d, 12w, 6m, 2y.');
}
