import { expect, test } from 'vitest';
import { bytes, duration } from './units.ts';

test.each([
  [12, '12ms'],
  [4_240, '4.2s'],
  [187_000, '3m07s'],
  [7_500_000, '2h05m'],
])('%d ms', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1_468_006, '1.4 MiB'],
])('%d bytes', (count, text) => {
  expect(bytes(count)).toBe(text);
});
