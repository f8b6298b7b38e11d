import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectNothingLeft } from './killed-jobs.ts';
import { expectNoBuildLost } from './random-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`8 kills of fatbuildrd and its services while packages are built lose no build (seed ${seed})`, () =>
  expectNoBuildLost({ seed, kills: 8, tasks: 6 }));

test(`5 builds and shells that are killed at random leave nothing behind (seed ${seed})`, () =>
  expectNothingLeft({ seed, jobs: 5 }));
