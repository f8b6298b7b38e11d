import type { Format } from '@fatbuildr/domain';
import { Flags } from '@oclif/core';
import { architectureName } from '../../architecture.ts';

/** Which tool image, or whose environment, on which host. */
export const HELD_TREE = {
  format: Flags.string({ char: 'f', description: 'Format', options: ['deb', 'rpm', 'osi'], default: 'deb' }),
  architecture: Flags.string({ description: 'Architecture', parse: architectureName }),
  host: Flags.string({ description: 'Build host; by default one that holds it' }),
};

export const OF_DISTRIBUTION = {
  distribution: Flags.string({ char: 'd', description: 'Distribution of the environment', required: true }),
};

/** The options, read. */
export interface Asked {
  format: string;
  architecture?: string | undefined;
  host?: string | undefined;
}

/** As the server takes it. */
export function whichTree({ format, architecture, host }: Asked) {
  return {
    format: format as Format,
    ...(architecture === undefined ? {} : { architecture }),
    ...(host === undefined ? {} : { host }),
  };
}
