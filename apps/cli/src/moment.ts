import { UsageError } from './output/report-error.ts';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** The time (ms) that `90m`, `12h`, `2d` or `4w` before `now` was, or that a date, with or without a time, names. */
export function parseMoment(text: string, now: number): number {
  const [, count, unit] = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00`) : Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date)) return date;
  throw new UsageError(`"${text}" is not a time.`, 'Write how long ago, 90m, 12h, 2d, 4w, or a date: 2026-11-22.');
}
