import { expect, test } from 'vitest';
import { pathCounter } from './paths.ts';

test('so many paths are enough, whatever they are called', () => {
  const count = pathCounter();
  for (let left = 500_000; left > 0; left -= 1) if (count('f')) throw new Error(`refused with ${left} left`);
  expect(count('f')).toBe('more than 500000 files');
});

test('so are names of a certain length in all', () => {
  const count = pathCounter();
  const name = 'f'.repeat(1 << 20);
  for (let left = 32; left > 0; left -= 1) expect(count(name)).toBeUndefined();
  expect(count('f')).toBe('names of files of more than 33554432 characters');
});
