import { expect, test } from 'vitest';
import { parseValidity } from './validity.ts';

test.each([
  ['90', 90],
  ['90d', 90],
  ['2w', 14],
  ['6m', 180],
  ['2y', 730],
])('%s is %d days', (text, days) => {
  expect(parseValidity(text)).toBe(days);
});

test.each(['', '0', '-1', '2 years', '1h'])('%j is refused', (text) => {
  expect(() => parseValidity(text)).toThrow('not a validity');
});
