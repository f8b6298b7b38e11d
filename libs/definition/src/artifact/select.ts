import { type ArtifactFile, type Digests, SOURCE_ID, SourceId } from './schema.ts';

/** One source that a build needs, with its URL still a template. */
export interface SelectedSource {
  id: string;
  urlTemplate: string;
  version: string;
  digests: Digests;
  /** Where the version stands in the file. */
  versionPath: string[];
  /** Where the URL stands in the file. */
  urlPath: string[];
}

export interface Selection {
  sources: SelectedSource[];
  mistakes: { path: string[]; message: string }[];
}

/** A version that the submitter brings along, by source id. */
export type LocalVersions = ReadonlyMap<string, string | undefined>;

/**
 * The sources and versions of one derivative. The first source is the main one.
 *
 * `main` takes `version` or `versions`, or `derivatives.main`; every other derivative what `derivatives` says of it.
 */
export function selectSources(
  file: ArtifactFile,
  artifact: string,
  derivative: string,
  digests: Record<string, Record<string, Digests>>,
  local: LocalVersions,
): Selection {
  const mistakes: Selection['mistakes'] = [];
  const versions = versionsOf(file, derivative);
  if (!versions) {
    return { sources: [], mistakes: [{ path: ['derivatives'], message: noVersion(file, derivative) }] };
  }
  const urls = file.sources ?? { [artifact]: file.source ?? '' };
  const [main] = Object.keys(urls);
  if (main !== artifact) {
    mistakes.push({ path: ['sources'], message: `expected the first source to be ${artifact}, found ${main}` });
  }
  for (const id of Object.keys(urls)) {
    if (id === artifact || SourceId.safeParse(id).success) continue;
    mistakes.push({ path: ['sources', id], message: `sources.${id}: ${SOURCE_ID}` });
  }
  const sources = Object.entries(urls).flatMap(([id, urlTemplate]) => {
    const declared = versions.of(id);
    const version = local.get(id) ?? declared?.version;
    if (version === undefined) {
      mistakes.push({ path: versions.path, message: `expected a version of source ${id}` });
      return [];
    }
    const urlPath = file.sources ? ['sources', id] : ['source'];
    const found = digests[id]?.[version] ?? {};
    if (!local.has(id) && Object.keys(found).length === 0) {
      mistakes.push({
        path: ['checksums'],
        message: `expected a checksum of ${id} ${version}, such as ${version}: {sha256: …}`,
      });
    }
    return [{ id, urlTemplate, version, digests: found, versionPath: declared?.path ?? versions.path, urlPath }];
  });
  return { sources, mistakes };
}

/** The version of an artifact without its sources: that of the main one; or what is wrong. */
export function selectVersion(
  file: ArtifactFile,
  artifact: string,
  derivative: string,
): { version: string; path: string[] } | { mistake: string; path: string[] } {
  const versions = versionsOf(file, derivative);
  if (!versions) return { path: ['derivatives'], mistake: noVersion(file, derivative) };
  return versions.of(artifact) ?? { path: versions.path, mistake: `expected a version of source ${artifact}` };
}

function noVersion(file: ArtifactFile, derivative: string): string {
  return `derivative ${derivative} has no version here; declared: ${declaredDerivatives(file).join(', ')}`;
}

/** How to find the version of a source, and where versions stand in the file. */
interface Versions {
  path: string[];
  of(id: string): { version: string; path: string[] } | undefined;
}

function versionsOf(file: ArtifactFile, derivative: string): Versions | undefined {
  if (derivative === 'main' && file.version !== undefined) return versionsIn(file.version, ['version']);
  if (derivative === 'main' && file.versions) return versionsIn(file.versions, ['versions']);
  const own = file.derivatives?.[derivative];
  return own === undefined ? undefined : versionsIn(own, ['derivatives', derivative]);
}

/** One version is that of every source. */
function versionsIn(versions: string | Record<string, string>, path: string[]): Versions {
  if (typeof versions === 'string') return { path, of: () => ({ version: versions, path }) };
  return {
    path,
    of(id) {
      const version = versions[id];
      return version === undefined ? undefined : { version, path: [...path, id] };
    },
  };
}

function declaredDerivatives(file: ArtifactFile): string[] {
  const main = file.version !== undefined || file.versions ? ['main'] : [];
  return [...new Set([...main, ...Object.keys(file.derivatives ?? {})])];
}
