/** What a full version is put together from. */
export interface VersionParts {
  /** The upstream version. */
  main: string;
  release: string;
  /** The distribution's tag. */
  dist: string;
  /** The build number, when the repository held this version already. */
  build?: number;
}

/** `main-release.tag`, with `+buildN` when it is an incremental build: `2.10-1.deb12+build2`. */
export function fullDebVersion({ main, release, dist, build }: VersionParts): string {
  return `${main}-${release}.${dist}${build === undefined ? '' : `+build${build}`}`;
}

/** As for Debian, but that RPM does not take a `-` in an upstream version: it becomes `~`, as by the filter `rpm_version`. */
export function fullRpmVersion({ main, ...parts }: VersionParts): string {
  return fullDebVersion({ main: main.replaceAll('-', '~'), ...parts });
}

/** Images have neither release nor tag: `1.0`, `1.0+build2`. */
export function fullOsiVersion({ main, build }: VersionParts): string {
  return `${main}${build === undefined ? '' : `+build${build}`}`;
}

/**
 * The build number for the next build of a version, or undefined when it was never published.
 *
 * `version` is the full version without a build number, `published` the versions that the distribution and
 * derivative hold. One more than the highest there is, and 2 at least; the `+build0` and `+build1` of
 * Fatbuildr 2.1 are continued.
 */
export function nextBuildNumber(version: string, published: readonly string[]): number | undefined {
  const builds = published.map((other) => buildNumber(version, other)).filter((build) => build !== undefined);
  if (builds.length === 0) return undefined;
  return Math.max(2, Math.max(...builds) + 1);
}

function buildNumber(version: string, other: string): number | undefined {
  if (other === version) return 1;
  if (!other.startsWith(version)) return undefined;
  const match = /^\+build(\d{1,9})$/.exec(other.slice(version.length));
  return match ? Number(match[1]) : undefined;
}
