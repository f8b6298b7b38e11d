import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { expectNoBuildLost } from './random-kills.ts';

const seed = Number(process.env['FATBUILDR_TEST_SEED'] ?? randomInt(2 ** 31));

test(`8 kills of fatbuildrd and its services while packages are built lose no build (seed ${seed})`, () =>
  expectNoBuildLost({ seed, kills: 8, tasks: 6 }));
