import { expect, test } from 'vitest';
import { parseDuration, parseSize } from './quantities.ts';

test.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
])('duration %s', (text, expected) => expect(parseDuration(text)).toBe(expected));

test.each(['', '6', '6 h', 'h', '-1h', '1.5h', '6hours'])('no duration: %j', (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  ['1024', 1024],
  ['10B', 10],
  ['500MB', 500_000_000],
  ['2GiB', 2_147_483_648],
  ['1.5 KiB', 1536],
])('size %s', (text, expected) => expect(parseSize(text)).toBe(expected));

test.each(['', 'GiB', '-1', '2gib', '1XB', '1constructor'])('no size: %j', (text) =>
  expect(parseSize(text)).toBeUndefined(),
);
