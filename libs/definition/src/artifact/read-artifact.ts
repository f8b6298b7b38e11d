import type { PackageFormat } from '../plan.ts';
import { readBuildArguments } from './build-arguments.ts';
import { type Mistake, mistakesFailure, place } from './mistakes.ts';
import { ArtifactFile, checksumsOf, type Digests, isNestedChecksums, knownKeys } from './schema.ts';
import { type LocalVersions, type SelectedSource, selectSources } from './select.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

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
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) throw mistakesFailure(file, yaml.mistakes);
  const old = file === 'meta.yml' ? oldKeys(yaml.value) : { value: yaml.value, renamed: {} };
  const lineOf = (path: readonly PropertyKey[]) => yaml.lineOf(originalPath(path, old.renamed));

  const parsed = ArtifactFile.safeParse(old.value);
  const mistakes: Mistake[] = [...misreadNumbers(yaml).mistakes];
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({
      line: lineOf(path),
      message: named(path, message),
    }));
    throw mistakesFailure(file, [...mistakes, ...issues]);
  }
  const declared = parsed.data;

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

  const formats = (['deb', 'rpm', 'osi'] as const).filter((one) => declared[one] !== undefined);
  const own = declared[format];
  if (!own) {
    const known = formats.length === 0 ? 'none is' : `declared: ${formats.join(', ')}`;
    mistakes.push({ message: `format ${format} is not declared (${known}); add "${format}: {release: 1}"` });
  }
  const buildargs = readBuildArguments(format === 'rpm' ? declared.rpm?.buildargs : undefined);
  if ('mistake' in buildargs) mistakes.push({ line: lineOf(['rpm', 'buildargs']), message: buildargs.mistake });
  const [main, ...others] = selection.sources;
  if (mistakes.length > 0 || !own || !main || 'mistake' in buildargs) throw mistakesFailure(file, mistakes);

  const warnings = [...misreadNumbers(yaml).warnings, ...unknownKeys(declared, lineOf), ...weakHashes(main, others)];
  return {
    release: own.release,
    buildargs: buildargs.words,
    sources: [main, ...others],
    warnings: warnings.map(({ line, message }) => `${place(file, line)}: ${message}`),
    lineOf,
  };
}

const versionKeys = [['version'], ['versions'], ['derivatives'], ['deb', 'release'], ['rpm', 'release']];

/** Numbers where a version is meant: wrong when YAML reads other digits than are written, else only fragile. */
function misreadNumbers(yaml: YamlSource): { mistakes: Mistake[]; warnings: Mistake[] } {
  const [mistakes, warnings]: [Mistake[], Mistake[]] = [[], []];
  for (const { path, text } of versionKeys.flatMap((key) => textsBelow(yaml.value, key))) {
    const number = yaml.numberAt(path);
    if (number === undefined) continue;
    const line = yaml.lineOf(path);
    const name = path.join('.');
    if (String(number) !== text) {
      mistakes.push({
        line,
        message: `${name}: ${text} without quotes reads as the number ${number}; write "${text}"`,
      });
    } else if (text.includes('.')) {
      warnings.push({ line, message: `${name}: ${text} is read as a number; put it in quotes: "${text}"` });
    }
  }
  return { mistakes, warnings };
}

function textsBelow(root: unknown, key: readonly string[]): { path: string[]; text: string }[] {
  const value = key.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), root);
  if (typeof value === 'string') return [{ path: [...key], text: value }];
  if (!isRecord(value)) return [];
  return Object.keys(value).flatMap((name) => textsBelow(root, [...key, name]));
}

/** In Fatbuildr 2.0, `tarball` was the source, and `versions` were by derivative. */
function oldKeys(value: unknown): { value: unknown; renamed: Record<string, string> } {
  if (!isRecord(value)) return { value, renamed: {} };
  const renamed: Record<string, string> = {};
  if ('tarball' in value && !('source' in value)) renamed['source'] = 'tarball';
  if ('versions' in value && !('sources' in value) && !('derivatives' in value)) renamed['derivatives'] = 'versions';
  const today = Object.fromEntries(Object.entries(renamed).map(([now, before]) => [before, now]));
  return { value: Object.fromEntries(Object.entries(value).map(([key, one]) => [today[key] ?? key, one])), renamed };
}

function originalPath([first, ...rest]: readonly PropertyKey[], renamed: Record<string, string>): PropertyKey[] {
  return first === undefined ? [] : [renamed[String(first)] ?? first, ...rest];
}

function unknownKeys(file: ArtifactFile, lineOf: Artifact['lineOf']): Mistake[] {
  const unknown = Object.keys(file).filter((key) => !knownKeys.has(key));
  return unknown.map((key) => ({ line: lineOf([key]), message: `unknown key ${key} is ignored` }));
}

function weakHashes(...[main, others]: [SelectedSource, SelectedSource[]]): Mistake[] {
  const weak = [main, ...others].filter(({ digests }) => {
    const names = Object.keys(digests);
    return names.length > 0 && names.every((name) => ['md5', 'md4', 'sha1', 'rmd160', 'ripemd160'].includes(name));
  });
  return weak.map(({ id }) => ({ message: `the checksum of ${id} can be forged; use sha256` }));
}

function named(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
