import type { PackageFormat } from '../plan.ts';
import { readBuildArguments } from './build-arguments.ts';
import { type Mistake, mistakesFailure, place } from './mistakes.ts';
import { named, readDeclared, undeclared } from './read-declared.ts';
import { checksumsOf, type Digests, isNestedChecksums } from './schema.ts';
import { type LocalVersions, type SelectedSource, selectSources } from './select.ts';

/** What artifact.yml asks for, for one format and derivative. */
export interface Artifact {
  release: string;
  /** Options that the build of an RPM gets: `--with mysql`. */
  buildargs: string[];
  sources: [SelectedSource, ...SelectedSource[]];
  warnings: string[];
  /** The line of a value, for messages about it. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

export interface ArtifactQuestion {
  /** The file's name, for messages; `meta.yml` is read with the keys of Fatbuildr 2.0. */
  file: string;
  artifact: string;
  format: PackageFormat;
  derivative: string;
  local: LocalVersions;
}

/**
 * Reads artifact.yml.
 *
 * @throws Failure `rejected` that lists every mistake with its line and what was expected.
 */
export function readArtifact(text: string, question: ArtifactQuestion): Artifact {
  const { file, artifact, format, derivative, local } = question;
  const { declared, mistakes, warnings, lineOf } = readDeclared(text, file);

  const ids = Object.keys(declared.sources ?? { [artifact]: '' });
  const checksums = declared.checksums ?? {};
  const digests = checksumsOf(ids, isNestedChecksums(checksums)).safeParse(checksums);
  const byId: Record<string, Record<string, Digests>> = digests.success ? digests.data : {};
  for (const { path, message } of digests.error?.issues ?? []) {
    mistakes.push({ line: lineOf(['checksums', ...path]), message: named(['checksums', ...path], message) });
  }

  const selection = selectSources(declared, artifact, derivative, byId, local);
  for (const { path, message } of digests.success ? selection.mistakes : []) {
    mistakes.push({ line: lineOf(path), message });
  }

  for (const id of [...local.keys()].filter((one) => !ids.includes(one))) {
    mistakes.push({ message: `the source ${id} was sent along, and there is none of that name: ${ids.join(', ')}` });
  }

  const own = declared[format];
  if (!own) mistakes.push(undeclared(declared, format));
  const buildargs = readBuildArguments(format === 'rpm' ? declared.rpm?.buildargs : undefined);
  if ('mistake' in buildargs) mistakes.push({ line: lineOf(['rpm', 'buildargs']), message: buildargs.mistake });
  const [main, ...others] = selection.sources;
  if (mistakes.length > 0 || !own || !main || 'mistake' in buildargs) throw mistakesFailure(file, mistakes);

  return {
    release: own.release,
    buildargs: buildargs.words,
    sources: [main, ...others],
    warnings: [...warnings, ...weakHashes(main, others)].map(({ line, message }) => `${place(file, line)}: ${message}`),
    lineOf,
  };
}

function weakHashes(...[main, others]: [SelectedSource, SelectedSource[]]): Mistake[] {
  const weak = [main, ...others].filter(({ digests }) => {
    const names = Object.keys(digests);
    return names.length > 0 && names.every((name) => ['md5', 'md4', 'sha1', 'rmd160', 'ripemd160'].includes(name));
  });
  return weak.map(({ id }) => ({ message: `the checksum of ${id} can be forged; use sha256` }));
}
