import type { Format } from '@fatbuildr/domain';
import * as Flags from '@oclif/core/flags';

/** Which repository a command is about. */
export const REPOSITORY = {
  distribution: Flags.string({ char: 'd', description: 'Distribution', required: true }),
  format: Flags.custom<Format>({ char: 'f', description: 'Format', default: 'deb', options: ['deb', 'rpm', 'osi'] })(),
};

/** What every command has that changes repositories. */
export const CHANGING = {
  yes: Flags.boolean({ description: 'Do not ask' }),
  'dry-run': Flags.boolean({ description: 'Tell what would change, and change nothing' }),
  batch: Flags.boolean({ description: 'Print the id of the task and leave' }),
};
