/** The source package of a binary one by the name of its source RPM: `name-version-release.src.rpm`. */
export function sourceOf(sourceRpm: string): { name: string; version: string } | undefined {
  const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(sourceRpm);
  return match ? { name: match[1] as string, version: match[2] as string } : undefined;
}
