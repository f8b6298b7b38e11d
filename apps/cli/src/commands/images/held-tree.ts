import type { Format } from '@fatbuildr/domain';
import { Flags } from '@oclif/core';
import { architectureName } from '../../architecture.ts';

/** Which tool image, or whose environment, on which host. */
export const HELD_TREE = {
  format: Flags.string({
    char: 'f',
    description: 'Format; by default that of the distribution, or deb',
    options: ['deb', 'rpm', 'osi'],
  }),
  architecture: Flags.string({ description: 'Architecture', parse: architectureName }),
  host: Flags.string({ description: 'Build host; by default one that holds it' }),
};

export const OF_DISTRIBUTION = {
  distribution: Flags.string({ char: 'd', description: 'Distribution of the environment', required: true }),
};

/** The options, read. */
export interface Asked {
  format?: string | undefined;
  architecture?: string | undefined;
  host?: string | undefined;
}

/** As the server takes it. */
export function whichTree({ format, architecture, host }: Asked) {
  return {
    ...(format === undefined ? {} : { format: format as Format }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(host === undefined ? {} : { host }),
  };
}
