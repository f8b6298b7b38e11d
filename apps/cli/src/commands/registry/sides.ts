import { UsageError } from '../../output/report-error.ts';

/** A place among the repositories: `bookworm`, `bookworm/backports`, `bookworm@12`. */
export interface Side {
  distribution: string;
  derivative: string | undefined;
  revision: number | undefined;
}

/** Reads `DIST[/DERIVATIVE][@REVISION]`; a bare number is a revision of `distribution`. */
export function parseSide(text: string, distribution?: string): Side {
  if (distribution !== undefined && /^[1-9]\d{0,14}$/.test(text)) {
    return { distribution, derivative: undefined, revision: Number(text) };
  }
  const [, name, derivative, revision] = /^([^/@]+)(?:\/([^/@]+))?(?:@([1-9]\d{0,14}))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(
      `"${text}" is not a distribution, derivative or revision.`,
      'Write DIST, DIST/DERIVATIVE, DIST@REVISION, or with -d DIST a revision alone.',
    );
  }
  return { distribution: name, derivative, revision: revision === undefined ? undefined : Number(revision) };
}

/** `hello`, or `hello=2.10-1` for one version. */
export function parseArtifact(text: string): { artifact: string; version?: string } {
  const at = text.indexOf('=');
  return at < 0 ? { artifact: text } : { artifact: text.slice(0, at), version: text.slice(at + 1) };
}
