import { GitDefinition, SourceName } from '@fatbuildr/domain';
import { UsageError } from '../output/report-error.ts';

/** A definition that the farm is to fetch. */
export interface RepositoryInput {
  kind: 'git';
  artifact: string;
  definition: GitDefinition;
}

export interface RepositoryOptions {
  url: string;
  ref?: string | undefined;
  subdir?: string | undefined;
  artifact?: string | undefined;
}

/**
 * Reads what the command line says of a repository. The artifact is by default called as the directory that holds the
 * definition, or as the repository where that is its top.
 *
 * @throws {UsageError} that says what is wrong
 */
export function readRepository({ url, artifact, ...where }: RepositoryOptions): RepositoryInput {
  const [ref, subdir] = [where.ref, where.subdir?.replace(/\/+$/, '')];
  const read = GitDefinition.safeParse({ url, ...(ref && { ref }), ...(subdir && { subdir }) });
  if (!read.success) {
    const [issue] = read.error.issues;
    const option = issue?.path[0] === 'url' ? 'git' : String(issue?.path[0]);
    throw new UsageError(
      `--${option} is to be ${issue?.message}.`,
      'The farm fetches it as anybody can. A definition that it cannot reach is sent along: fatbuildrctl build DIRECTORY',
    );
  }
  const directory = subdir ?? URL.parse(url)?.pathname.replace(/\/+$|\.git\/*$/, '') ?? '';
  const name = artifact ?? directory.slice(directory.lastIndexOf('/') + 1);
  if (SourceName.safeParse(name).success) return { kind: 'git', artifact: name, definition: read.data };
  throw new UsageError(`"${name}" cannot be the name of an artifact.`, 'Name it: -a ARTIFACT');
}
