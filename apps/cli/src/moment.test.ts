import { expect, test } from 'vitest';
import { parseMoment } from './moment.ts';

test('so long ago, or a date with or without a time', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  expect(parseMoment('90m', now)).toBe(now - 90 * 60_000);
  expect(parseMoment('2d', now)).toBe(now - 48 * 3_600_000);
  expect(parseMoment('2026-11-22T12:00:00Z', 0)).toBe(now);
  expect(parseMoment('2026-11-22', 0)).toBe(new Date(2026, 10, 22).getTime());
});

test.each(['', '2', '2y', 'yesterday', '2026-13-01'])('%j is refused with what could be said', (text) => {
  expect(() => parseMoment(text, 0)).toThrow(/is not a time/);
});
