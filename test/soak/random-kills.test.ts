import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectNothingLeft } from '../e2e/killed-jobs.ts';
import { expectNoBuildLost } from '../e2e/random-kills.ts';
import { expectNothingLost } from '../integration/faults/random-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`50 kills of Redis, api, publisher and worker lose nothing and publish nothing twice (seed ${seed})`, () =>
  expectNothingLost({ seed, kills: 50, tasks: 120 }));

test(`50 kills of fatbuildrd and its services while packages are built lose no build (seed ${seed})`, () =>
  expectNoBuildLost({ seed, kills: 50, tasks: 30 }));

test(`20 builds and shells that are killed at random leave nothing behind (seed ${seed})`, () =>
  expectNothingLeft({ seed, jobs: 20 }));
