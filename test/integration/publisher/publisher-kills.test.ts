import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectPublisherSurvives } from './publisher-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`kills of the publisher lose nothing and publish nothing twice (seed ${seed})`, { timeout: 180_000 }, () =>
  expectPublisherSurvives({ seed, kills: 12, withinMs: 30_000, judgeBoth: false }),
);
