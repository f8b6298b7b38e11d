import { VERSION } from './read/names.ts';

/**
 * The source package of a binary one by its Source field, `name (version)`; what is left out is as in the binary package
 * (deb-control(5)). Undefined for a field that is none.
 */
export function sourceOf(
  field: string | undefined,
  name: string,
  version: string,
): { name: string; version: string } | undefined {
  if (field === undefined) return { name, version };
  const match = /^([A-Za-z0-9][A-Za-z0-9+.-]+)(?: \((\S+)\))?$/.exec(field);
  const [, source, ofSource = version] = match ?? [];
  return source !== undefined && VERSION.test(ofSource) ? { name: source, version: ofSource } : undefined;
}
