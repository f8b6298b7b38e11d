import type { Format } from '@fatbuildr/domain';
import { Flags } from '@oclif/core';
import { ARCHITECTURES } from '../../architecture.ts';

const several = { multiple: true, multipleNonGreedy: true } as const;

/** Which images: of which formats, on hosts of which architectures. */
export const IMAGE_FILTERS = {
  format: Flags.string({ char: 'f', description: 'Only this format', options: ['deb', 'rpm', 'osi'], ...several }),
  architecture: Flags.string({ description: 'Only for these architectures', ...ARCHITECTURES }),
};

export const ENVIRONMENT_FILTERS = {
  ...IMAGE_FILTERS,
  distribution: Flags.string({ char: 'd', description: 'Only for this distribution', ...several }),
};

export const BATCH = { batch: Flags.boolean({ description: 'Print the id of the task and leave' }) };

export const FORCE = { force: Flags.boolean({ description: 'Make a new generation where there is one already' }) };

interface Filters {
  format?: string[] | undefined;
  distribution?: string[] | undefined;
  architecture?: string[] | undefined;
}

/** The filters as the server takes them. */
export function filters({ format, distribution, architecture }: Filters) {
  return {
    ...(format ? { formats: format as Format[] } : {}),
    ...(distribution ? { distributions: distribution } : {}),
    ...(architecture ? { architectures: architecture } : {}),
  };
}
