import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectPublisherSurvives } from '../integration/publisher/publisher-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(
  `kills of the publisher, 200 within half an hour, lose nothing and publish nothing twice (seed ${seed})`,
  {
    timeout: 2_700_000,
  },
  () => expectPublisherSurvives({ seed, kills: 200, withinMs: 1_800_000, judgeBoth: false }),
);
