import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectPublisherSurvives } from '../integration/publisher/publisher-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`200 kills of the publisher lose nothing and publish nothing twice (seed ${seed})`, { timeout: 5_400_000 }, () =>
  expectPublisherSurvives({ seed, kills: 200, withinMs: Number.POSITIVE_INFINITY, judgeBoth: false }),
);
