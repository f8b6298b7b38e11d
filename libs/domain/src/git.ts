import { z } from 'zod';

/** The address of a git repository. It is stored, shown and logged, so it holds no secret. */
export const RepositoryUrl = z
  .string()
  .max(2_048)
  .refine(
    (text) => /^https?:\/\/[^\s\p{Cc}/?#@\\]+\/[^\s\p{Cc}?#\\]+$/u.test(text) && URL.parse(text) !== null,
    'the https URL of a git repository, without user name, password or query',
  );

/** What to build of a repository: a branch, a tag or a commit. */
export const GitRef = z.string().max(255).refine(isRef, 'a branch, a tag or the full id of a commit');

/** The rules of git-check-ref-format(1), and nothing that git would take for an option or a refspec. */
function isRef(text: string): boolean {
  const forbidden = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|(^|\/)\.|\.lock(\/|$)/u;
  return text !== '' && text !== '@' && !forbidden.test(text) && !/^[-+/]|[/.]$/.test(text);
}

/** A directory of a repository, below its top: `packaging/hello`. */
export const RepositoryDirectory = z
  .string()
  .max(1_024)
  .refine(
    (text) => text.split('/').every((name) => !['', '.', '..'].includes(name) && !/[\p{Cc}\\]/u.test(name)),
    'a directory below the top of the repository: packaging/hello',
  );

/** The full id of a commit, by either hash of git. */
export const CommitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'the full id of a commit');

/** A definition in a git repository. Absent: its default branch, and the top or the directory named as the artifact. */
export const GitDefinition = z.object({
  url: RepositoryUrl,
  ref: GitRef.optional(),
  subdir: RepositoryDirectory.optional(),
});
export type GitDefinition = z.infer<typeof GitDefinition>;

/** Where the definition of a task came from. */
export const GitOrigin = z.object({
  url: z.string(),
  ref: z.string().nullable(),
  /** Null: the top. */
  subdir: z.string().nullable(),
  /** Null until it was fetched. */
  commit: CommitId.nullable(),
});
export type GitOrigin = z.infer<typeof GitOrigin>;
