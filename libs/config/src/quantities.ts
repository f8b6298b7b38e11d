import { z } from 'zod';

const second = 1000;
const durationUnits: Record<string, number> = {
  ms: 1,
  s: second,
  m: 60 * second,
  h: 3600 * second,
  d: 86_400 * second,
  w: 7 * 86_400 * second,
};

/** The milliseconds of `90s`, `6h`, `1h30m` or `7d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    total += Number(count) * (durationUnits[unit!] ?? 0);
  return total;
}

const sizeUnits: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** The bytes of `2GiB` (powers of 1024), `500MB` (powers of 1000) or a plain number; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const factor = unit === undefined || !Object.hasOwn(sizeUnits, unit) ? undefined : sizeUnits[unit];
  return factor === undefined ? undefined : Math.round(Number(count) * factor);
}

/** Reads a duration into milliseconds. A bare number has no unit and is refused. */
export const Duration = quantity(parseDuration, 'a duration such as 90s, 30m, 6h or 7d');

/** Reads a size into bytes. */
export const Size = quantity(parseSize, 'a size such as 500MB, 2GiB or a number of bytes');

function quantity(parse: (text: string) => number | undefined, expected: string) {
  return z.union([z.string(), z.number()], { error: expected }).transform((written, context) => {
    const amount = parse(String(written));
    if (amount !== undefined && amount > 0) return amount;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}
