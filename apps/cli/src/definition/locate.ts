import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError } from '../output/report-error.ts';

const METADATA = ['artifact.yml', 'artifact.yaml', 'meta.yml'];

/** What is to be built: a definition's directory, or a ready source package. */
export type BuildInput =
  | { kind: 'definition'; directory: string; artifact: string }
  | { kind: 'dsc'; file: string }
  | { kind: 'srpm'; file: string };

const SOURCE_PACKAGES = [
  { suffix: '.dsc', kind: 'dsc' },
  { suffix: '.src.rpm', kind: 'srpm' },
] as const;

export interface LocateOptions {
  /** Directory, `.dsc` or `.src.rpm`, as given on the command line. */
  path?: string | undefined;
  artifact?: string | undefined;
  basedir?: string | undefined;
  subdir?: string | undefined;
  cwd: string;
}

/**
 * Finds what to build. As in Fatbuildr 2.1 the definition is `<basedir>/<subdir>`, the subdirectory by default named as
 * the artifact; without either it is the current directory, if that is a definition.
 *
 * @throws {UsageError} when there is nothing to build there
 */
export function locate({ path, artifact, basedir, subdir, cwd }: LocateOptions): BuildInput {
  const kind = SOURCE_PACKAGES.find(({ suffix }) => path?.endsWith(suffix))?.kind;
  if (path !== undefined && kind !== undefined) {
    const file = resolve(cwd, path);
    if (!existsSync(file)) throw new UsageError(`There is no ${file}.`);
    return { kind, file };
  }
  const directory = definitionDirectory({ path, artifact, basedir, subdir, cwd });
  if (!existsSync(directory)) throw new UsageError(`There is no ${directory}.`);
  if (!isDefinition(directory)) {
    throw new UsageError(
      `${directory} is not an artifact definition: it has no artifact.yml.`,
      'Name its directory, or --basedir and --artifact, or a source package (.dsc, .src.rpm).',
    );
  }
  return { kind: 'definition', directory, artifact: artifact ?? basename(directory) };
}

function definitionDirectory({ path, artifact, basedir, subdir, cwd }: LocateOptions): string {
  if (path !== undefined) return resolve(cwd, path);
  const base = resolve(cwd, basedir ?? '.');
  if (subdir !== undefined) return join(base, subdir);
  if (artifact !== undefined && (basedir !== undefined || !isDefinition(base))) return join(base, artifact);
  return base;
}

function isDefinition(directory: string): boolean {
  return METADATA.some((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile());
}
