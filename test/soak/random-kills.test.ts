import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectNothingLost } from '../integration/faults/random-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`50 kills of Redis, api, publisher and worker lose nothing and publish nothing twice (seed ${seed})`, () =>
  expectNothingLost({ seed, kills: 50, tasks: 120 }));
