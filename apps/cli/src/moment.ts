import { UsageError } from './output/report-error.ts';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** How long (ms) `90m`, `12h`, `2d` or `4w` is; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const [, count, unit] = /^(0|[1-9][0-9]{0,4})([mhdw])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

/** The time (ms) that `90m`, `12h`, `2d` or `4w` before `now` was, or that a date, with or without a time, names. */
export function parseMoment(text: string, now: number): number {
  const span = parseSpan(text);
  if (span) return now - span;
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00`) : Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date)) return date;
  throw new UsageError(`"${text}" is not a time.`, 'Write how long ago, 90m, 12h, 2d, 4w, or a date: 2026-11-22.');
}
