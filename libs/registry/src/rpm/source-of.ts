import type { SourcedFacts } from '../format.ts';

/** The source package of a binary one by the name of its source RPM: `name-version-release.src.rpm`. */
export function sourceOf(sourceRpm: string): { name: string; version: string } | undefined {
  const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(sourceRpm);
  return match ? { name: match[1] as string, version: match[2] as string } : undefined;
}

/**
 * The version of a source package with its epoch, which the name of a source RPM lacks: that of a package that has the
 * version and release of its source. The epoch of one that has others, as subpackages may, is its own affair.
 */
export function fullSourceVersion({ version, source }: SourcedFacts): string {
  return version.replace(/^\d+:/, '') === source.version ? version : source.version;
}
