import { expect, test } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

test('as many as the limit at once, then as fast as they come back; each key has its own', () => {
  const clock = { now: 0 };
  const rate = createRateLimit({ limit: 3, spanMs: 60_000, what: 'requests a minute', now: () => clock.now });
  for (let count = 0; count < 3; count++) rate.take('a');
  expect(() => rate.take('a')).toThrow(/more than 3 requests a minute/);
  rate.take('b');
  clock.now = 19_000;
  expect(() => rate.take('a')).toThrow(expect.objectContaining({ members: { retryAfter: 1 } }));
  clock.now = 20_000;
  rate.take('a');
  expect(() => rate.take('a')).toThrow(expect.objectContaining({ members: { retryAfter: 20 } }));
});

test('keys that are not used are forgotten, those in use are not', () => {
  const clock = { now: 0 };
  const rate = createRateLimit({ limit: 1, spanMs: 1000, what: 'requests', now: () => clock.now });
  for (let count = 0; count < 10_000; count++) rate.take(`key ${count}`);
  expect(() => rate.take('key 0')).toThrow('more than 1 requests');
  rate.take('another');
  expect(() => rate.take('key 0')).toThrow('more than 1 requests');
  clock.now = 1000;
  rate.take('key 0');
});

test('without a limit nothing is refused', () => {
  const rate = createRateLimit({ limit: undefined, spanMs: 1, what: 'requests' });
  expect(() => {
    for (let count = 0; count < 10_000; count++) rate.take('a');
  }).not.toThrow();
});
