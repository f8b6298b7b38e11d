import { test } from 'vitest';
import { expectNoFailure, race } from './race.ts';

const LEAST = { publications: 8, collected: 1, seen: 4, seenAtOnce: 8 };

test('apt and a client that tries once, while packages come, go, are promoted and collected', async () => {
  expectNoFailure(await race({ format: 'deb', seconds: 10, graceMs: 6_000, clients: 3, singleTriers: 2 }), LEAST);
});

test('dnf and a client that tries once, while packages come, go, are promoted and collected', async () => {
  expectNoFailure(await race({ format: 'rpm', seconds: 14, graceMs: 6_000, clients: 2, singleTriers: 2 }), LEAST);
});
