import { inject } from 'vitest';
import { openFarm } from './farm.ts';

/** The farm of this run, see `farm-setup.ts`. */
export const farm = await openFarm(inject('farm'));
