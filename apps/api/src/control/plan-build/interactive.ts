import type { Config } from '@fatbuildr/config';
import type { BuildRequest, Distribution, ShellTime } from '@fatbuildr/domain';
import type { z } from 'zod';
import { shellTime } from '../recipes.ts';
import { unprocessable } from '../refusal.ts';

/** What an order says of the shell that an interactive build opens when it fails; nothing for any other build. */
export function interactivePart(
  config: Config,
  { interactive }: z.output<typeof BuildRequest>,
  distribution: Distribution,
  architectures: readonly string[],
): { interactive?: ShellTime } {
  if (!interactive) return {};
  if (distribution.format === 'osi') {
    throw unprocessable('Builds of OS images cannot be interactive.', 'Submit it without --interactive.');
  }
  if (architectures.length > 1) {
    throw unprocessable('An interactive build is for one architecture.', 'Name one of them with --architecture.');
  }
  return { interactive: shellTime(config) };
}
