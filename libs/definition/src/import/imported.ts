import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';

/** A source package as a definition. */
export interface Imported {
  artifact: string;
  directory: string;
  version: string;
  release: string;
  /** Archives of which no URL is known: each build has to bring them along, by the id of their source. */
  local: { id: string; file: string }[];
  /** What people should know of it, a sentence each. */
  notes: string[];
}

/** An upstream archive of a source package. */
export interface ImportedSource {
  id: string;
  /** A template, or undefined where nothing tells it. */
  url: string | undefined;
  /** The name of the archive. */
  file: string;
  sha256: string;
}

/**
 * The text of `artifact.yml`. JSON is YAML, so texts in quotes need no other rules.
 *
 * @param sources the main one first; each has the version of the artifact
 */
export function renderArtifactFile(
  from: string,
  { version, release }: Pick<Imported, 'version' | 'release'>,
  format: 'deb' | 'rpm',
  sources: readonly ImportedSource[],
): string {
  const quoted = (text: string) => JSON.stringify(text);
  const urlOf = ({ url, file }: ImportedSource) => quoted(url ?? file);
  const unknown = sources.filter(({ url }) => url === undefined);
  const ofEach = (render: (source: ImportedSource) => string) =>
    sources.map((source) => `  ${quoted(source.id)}: ${render(source)}`);
  const sum = ({ sha256 }: ImportedSource) => `{${quoted(version)}: {sha256: ${sha256}}}`;
  const [only, ...more] = sources as [ImportedSource, ...ImportedSource[]];
  return [
    `# Made from ${from}.`,
    ...unknown.map(
      ({ id, file }) => `# No URL of ${file} is known: write it here, or bring it along: --sources ${id}#FILE`,
    ),
    ...(more.length === 0
      ? [`source: ${urlOf(only)}`, `version: ${quoted(version)}`, `checksums: ${sum(only)}`]
      : [
          ...['sources:', ...ofEach(urlOf)],
          ...['versions:', ...ofEach(() => quoted(version))],
          ...['checksums:', ...ofEach(sum)],
        ]),
    `${format}: {release: ${quoted(release)}}`,
    '',
  ].join('\n');
}

/** That a source package cannot become a definition. */
export function notImportable(file: string, why: string, hint?: string): Failure {
  return new Failure('rejected', `${file} cannot become a definition: ${why}`, {
    hint: hint ?? `Build it as it is: fatbuildrctl build ${file}`,
    where: file,
  });
}

/** A place to open a source package in, which is gone afterwards. */
export async function inWorkplace<T>(make: (work: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
  try {
    return await make(work);
  } finally {
    await rm(work, { recursive: true });
  }
}

/**
 * Gives what was made its place, once all of it is there.
 *
 * @throws Failure `rejected` where something is already
 */
export async function putInPlace(made: string, directory: string): Promise<void> {
  if (await stat(directory).catch(() => undefined)) {
    throw new Failure('rejected', `${directory} exists already`, { hint: 'Name another directory, or remove it.' });
  }
  await cp(made, directory, { recursive: true, verbatimSymlinks: true });
}
