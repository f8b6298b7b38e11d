import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectNothingLost } from './random-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(
  `12 kills of Redis, api, publisher and worker lose nothing and publish nothing twice (seed ${seed})`,
  {
    timeout: 300_000,
  },
  () => expectNothingLost({ seed, kills: 12, tasks: 30 }),
);
