import { expect, test } from 'vitest';
import { whyOver } from './hold-shell.ts';

const shell = { time: { wallMs: 3_600_000, silenceMs: 900_000 }, leftMs: 120_000 };
const began = 1_000_000;
const why = (after: number, { last = after, left }: { last?: number; left?: number } = {}) =>
  whyOver(shell, { began, last: began + last, left: left === undefined ? undefined : began + left }, began + after);

test('a shell goes on while somebody is there and something happens', () => {
  expect(why(3_599_999)).toBeUndefined();
  expect(why(899_999, { last: 0 })).toBeUndefined();
  expect(why(120_000, { left: 1 })).toBeUndefined();
});

test('it ends by its time, by silence, and when everybody has left', () => {
  expect(why(3_600_000)).toBe('time');
  expect(why(900_000, { last: 0 })).toBe('silence');
  expect(why(120_001, { left: 1 })).toBe('left');
});
