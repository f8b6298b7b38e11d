import type { Format } from '@fatbuildr/domain';
import { type Mistake, mistakesFailure } from './mistakes.ts';
import { ArtifactFile, knownKeys } from './schema.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** artifact.yml as written, whatever is made of it. */
export interface Declared {
  declared: ArtifactFile;
  /** What is wrong although it can be read. */
  mistakes: Mistake[];
  warnings: Mistake[];
  /** The line of a value, for messages about it. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/**
 * Reads artifact.yml, or `meta.yml` with the keys of Fatbuildr 2.0.
 *
 * @throws Failure `rejected` that lists every mistake with its line when the keys are not as they should be
 */
export function readDeclared(text: string, file: string): Declared {
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) throw mistakesFailure(file, yaml.mistakes);
  const old = file === 'meta.yml' ? oldKeys(yaml.value) : { value: yaml.value, renamed: {} };
  const lineOf = (path: readonly PropertyKey[]) => yaml.lineOf(originalPath(path, old.renamed));
  const { mistakes, warnings } = misreadNumbers(yaml);
  const parsed = ArtifactFile.safeParse(old.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({
      line: lineOf(path),
      message: named(path, message),
    }));
    throw mistakesFailure(file, [...mistakes, ...issues]);
  }
  const spelling = file === 'meta.yml' ? [{ message: 'rename it to artifact.yml' }] : [];
  return {
    declared: parsed.data,
    mistakes,
    warnings: [...warnings, ...unknownKeys(parsed.data, lineOf), ...spelling],
    lineOf,
  };
}

/** That a definition is not for a format, with those it is for. */
export function undeclared(declared: ArtifactFile, format: Format): Mistake {
  const formats = (['deb', 'rpm', 'osi'] as const).filter((one) => declared[one] !== undefined);
  const known = formats.length === 0 ? 'none is' : `declared: ${formats.join(', ')}`;
  const example = format === 'osi' ? 'osi: {}' : `${format}: {release: 1}`;
  return { message: `format ${format} is not declared (${known}); add "${example}"` };
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

function unknownKeys(file: ArtifactFile, lineOf: Declared['lineOf']): Mistake[] {
  const unknown = Object.keys(file).filter((key) => !knownKeys.has(key));
  return unknown.map((key) => ({ line: lineOf([key]), message: `unknown key ${key} is ignored` }));
}

export function named(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
