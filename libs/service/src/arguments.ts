import { parseArgs } from 'node:util';

/** The configuration file a service is told to use: `--config FILE`, then FATBUILDR_CONFIG, then `fallback`. */
export function configFileArgument(
  argv: readonly string[],
  environment: Record<string, string | undefined>,
  fallback: string,
): string {
  const { values } = parseArgs({ args: [...argv], options: { config: { type: 'string' } } });
  return values.config ?? environment['FATBUILDR_CONFIG'] ?? fallback;
}
