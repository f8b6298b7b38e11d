import { createHash, getHashes } from 'node:crypto';
import { z } from 'zod';

const Text = z.string('expected a text').trim().min(1, 'expected a text');

/** An upstream version as both dpkg and directories take it; `deb` is stricter. */
const Version = Text.regex(/^[A-Za-z0-9][A-Za-z0-9.+~_-]*$/, 'expected a version: letters, digits and . + ~ _ -');

const Release = Text.regex(/^[A-Za-z0-9.+~]+$/, 'expected a release: letters, digits and . + ~');

export const SOURCE_ID = 'expected a source id: letters, digits and -';
/** The first source is called as the artifact, which may have more than those. */
const SourceKey = Text.regex(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/, SOURCE_ID);
/** A further source, which is also the name of a directory, and of a component of a Debian source package. */
export const SourceId = Text.regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, SOURCE_ID);

/** `{algorithm: digest}`. */
const Digests = z
  .record(z.string(), Text, 'expected {algorithm: digest}')
  .transform((digests) =>
    Object.fromEntries(Object.entries(digests).map(([name, hex]) => [name.toLowerCase(), hex.toLowerCase()])),
  )
  .superRefine((digests, context) => {
    for (const [algorithm, digest] of Object.entries(digests)) {
      const wanted = digestLength(algorithm);
      const issue = (message: string) => context.addIssue({ code: 'custom', path: [algorithm], message });
      if (wanted === undefined) issue(`unknown hash ${algorithm}; use sha256`);
      else if (!/^[0-9a-f]+$/.test(digest) || digest.length !== wanted) issue(`expected ${wanted} hex digits`);
    }
  });
export type Digests = z.infer<typeof Digests>;

function digestLength(algorithm: string): number | undefined {
  if (!/^[a-z0-9-]+$/.test(algorithm) || !getHashes().includes(algorithm)) return undefined;
  return createHash(algorithm).digest('hex').length;
}

const DigestsByVersion = z.record(z.string(), Digests, 'expected {version: {sha256: …}}');
const DigestsBySource = z.record(z.string(), DigestsByVersion, 'expected {source: {version: {sha256: …}}}');

const VersionsBySource = z.record(SourceKey, Version, 'expected {source: version}');

const releaseError = {
  error: ({ code }: { code?: string }) => (code === 'invalid_type' ? 'expected {release: 1}' : undefined),
};

/** artifact.yml, with the keys of Fatbuildr 2.0's meta.yml already turned into those of today. */
export const ArtifactFile = z
  .looseObject(
    {
      source: Text.optional(),
      sources: z.record(SourceKey, Text, 'expected {id: URL}').optional(),
      version: Version.optional(),
      versions: VersionsBySource.optional(),
      derivatives: z
        .record(z.string(), z.union([Version, VersionsBySource], 'expected a version or {source: version}'))
        .optional(),
      checksums: z.record(z.string(), z.unknown(), 'expected {version: {sha256: …}}').optional(),
      deb: z.strictObject({ release: Release }, releaseError).optional(),
      rpm: z.strictObject({ release: Release, buildargs: Text.optional() }, releaseError).optional(),
      osi: z.union([z.null(), z.looseObject({})], 'expected {}').optional(),
    },
    'expected keys and values: version, source, checksums and a format',
  )
  .superRefine((file, context) => {
    const issue = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', path, message });
    if (file.source !== undefined && file.sources) issue('expected either source or sources, not both', 'sources');
    if (file.version !== undefined && file.versions) issue('expected either version or versions, not both', 'versions');
    if (file.version === undefined && !file.versions && !file.derivatives) {
      issue('expected one of version, versions and derivatives');
    }
    const isImage = file.osi !== undefined && !file.deb && !file.rpm;
    if (!isImage && file.source === undefined && !file.sources) issue('expected source or sources');
  });
export type ArtifactFile = z.infer<typeof ArtifactFile>;

/** The keys that are known; others may be misspelt. */
export const knownKeys: ReadonlySet<string> = new Set([
  ...['source', 'sources', 'version', 'versions', 'derivatives', 'checksums', 'deb', 'rpm', 'osi'],
]);

/** Checksums in both forms: those of the one source by version, or of each source by version. */
export const checksumsOf = (sourceIds: readonly string[], nested: boolean) =>
  nested
    ? DigestsBySource
    : DigestsByVersion.transform((versions) => Object.fromEntries(sourceIds.map((id) => [id, versions])));

/** Whether checksums have the form `{source: {version: {hash: digest}}}`: three levels deep. */
export function isNestedChecksums(checksums: Record<string, unknown>): boolean {
  const [first] = Object.values(checksums);
  if (typeof first !== 'object' || first === null) return false;
  return Object.values(first).some((value) => typeof value === 'object' && value !== null);
}
