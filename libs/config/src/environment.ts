import { leaves } from './schema-walk.ts';
import { ServerFile } from './server-schema.ts';

/** One key of `fatbuildr.yml` set by the environment. */
export interface Override {
  variable: string;
  path: string[];
  value: unknown;
}

/** The variable that overrides the key at `path`: `api.publicUrl` is FATBUILDR_API_PUBLIC_URL. */
export function environmentVariable(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/[A-Z]/g, '_$&').toUpperCase());
  return ['FATBUILDR', ...words].join('_');
}

/**
 * The overrides that `environment` holds, one for any key of `fatbuildr.yml` whose variable is set and not empty.
 * Lists are separated by commas. Other variables are none of our business.
 */
export function environmentOverrides(environment: Record<string, string | undefined>): Override[] {
  return leaves(ServerFile).flatMap(({ path, kind }): Override[] => {
    const variable = environmentVariable(path);
    const text = environment[variable];
    if (text === undefined || text === '') return [];
    if (kind === 'list') return [{ variable, path, value: text.split(',').map((part) => part.trim()) }];
    if (kind === 'boolean' && (text === 'true' || text === 'false'))
      return [{ variable, path, value: text === 'true' }];
    const isNumber = kind === 'number' && Number.isFinite(Number(text));
    return [{ variable, path, value: isNumber ? Number(text) : text }];
  });
}

/** `data` with the overrides written into it. A key in the way that is no mapping is left for the check to report. */
export function applyOverrides(data: unknown, overrides: Override[]): unknown {
  if (overrides.length === 0) return data;
  const result: unknown = structuredClone(data ?? {});
  for (const { path, value } of overrides) setAt(result, path, value);
  return result;
}

function setAt(target: unknown, [key, ...rest]: string[], value: unknown): void {
  if (key === undefined || typeof target !== 'object' || target === null) return;
  const mapping = target as Record<string, unknown>;
  if (rest.length === 0) mapping[key] = value;
  else setAt((mapping[key] ??= {}), rest, value);
}
