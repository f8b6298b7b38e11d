import { test } from 'vitest';
import { expectNoFailedUpdate } from './whole-farm.ts';

const [PUBLICATIONS, UPDATES] = [10, 30];

test(`${UPDATES} times apt-get update while ${PUBLICATIONS} publications are made: none fails`, () =>
  expectNoFailedUpdate({ publications: PUBLICATIONS, updates: UPDATES }));
