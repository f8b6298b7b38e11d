import { knownArchitectures, parseArchitecture } from '@fatbuildr/domain/client-side';
import { UsageError } from './output/report-error.ts';

/** The server's name of an architecture, out of that and the one of `uname -m`: both are `amd64`. */
export async function architectureName(text: string): Promise<string> {
  const found = parseArchitecture(text.trim());
  if (found !== undefined) return found;
  throw new UsageError(`"${text}" is not an architecture.`, `Known: ${knownArchitectures.join(', ')}.`);
}

/** How options that name architectures are read: each may be given several times, with several names apart by commas. */
export const ARCHITECTURES = {
  multiple: true,
  multipleNonGreedy: true,
  delimiter: ',',
  parse: architectureName,
} as const;
