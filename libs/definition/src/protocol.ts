import { fileURLToPath } from 'node:url';
import {
  ArtifactName,
  ChangelogEntry,
  CommitId,
  Failure,
  FileName,
  FileRef,
  GitRef,
  Outcome,
  RepositoryDirectory,
  SourceName,
} from '@fatbuildr/domain';
import { z } from 'zod';
import { DefinitionPlan, ImagePlan, PackageFormat, Plan } from './plan.ts';

/** An absolute path as `prepare` sees it, inside its container. */
const AbsolutePath = z.string().startsWith('/');

/** What is built, for whom; the same words for both commands. */
const Target = {
  artifact: SourceName,
  format: PackageFormat,
  distribution: z.string().min(1),
  derivative: z.string().min(1),
};

/** `prepare inspect`: opens what the user sent and tells what it asks for. */
export const InspectRequest = z.strictObject({
  command: z.literal('inspect'),
  ...Target,
  input: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('definition'),
      /** A tar archive, plain or compressed. */
      archive: AbsolutePath,
      /** Where it is opened; created, and must be empty if it exists. The `source` command reads it again. */
      directory: AbsolutePath,
      /** Archives that the submitter brings along in place of declared ones; `version` replaces the declared one. */
      local: z
        .array(z.strictObject({ id: z.string(), filename: FileName, version: z.string().optional() }))
        .default([]),
    }),
    z.strictObject({
      kind: z.literal('dsc'),
      /** Holds the .dsc and every file it lists. */
      directory: AbsolutePath,
      dsc: FileName,
    }),
    z.strictObject({
      kind: z.literal('srpm'),
      /** Holds the source RPM. */
      directory: AbsolutePath,
      srpm: FileName,
    }),
  ]),
  /** The file that the result is written to. */
  result: AbsolutePath,
});
export type InspectRequest = z.infer<typeof InspectRequest>;

/**
 * `prepare source`: makes the Debian source package of an inspected definition, or lays out what the source RPM is made
 * of: that needs the macros of the distribution.
 */
export const SourceRequest = z.strictObject({
  command: z.literal('source'),
  ...Target,
  /** The `directory` that `inspect` filled. */
  definition: AbsolutePath,
  plan: DefinitionPlan,
  /** The fetched archive of each planned source; their digests are the fetcher's to check. */
  sources: z.array(z.strictObject({ id: z.string(), path: AbsolutePath })).min(1),
  /** `full` is the whole version (`2.10-1.deb12+build2`), `dist` the distribution's tag (`deb12`). */
  version: z.strictObject({ full: z.string().min(1), dist: z.string().min(1) }),
  /** Newest first; the first entry is this build's and has its full version. */
  changelog: z.array(ChangelogEntry).min(1),
  architectures: z.array(z.string()).min(1),
  /** Name of the build environment. */
  environment: z.string().min(1),
  /** Scratch directory, writable. */
  work: AbsolutePath,
  /** Where the result goes; created if missing. */
  output: AbsolutePath,
  result: AbsolutePath,
});
export type SourceRequest = z.infer<typeof SourceRequest>;

/** `prepare image`: opens a definition and tells which OS image it asks for. */
export const ImageRequest = z.strictObject({
  command: z.literal('image'),
  artifact: ArtifactName,
  derivative: z.string().min(1),
  /** A tar archive, plain or compressed. */
  archive: AbsolutePath,
  /** Where it is opened; created, and must be empty if it exists. */
  directory: AbsolutePath,
  result: AbsolutePath,
});
export type ImageRequest = z.infer<typeof ImageRequest>;

/** `prepare git`: fetches a repository, and packs the definition in it as it would be uploaded. The one with a network. */
export const GitRequest = z.strictObject({
  command: z.literal('git'),
  /** Where the container reaches the repository. */
  url: z.url({ protocol: /^http$/ }),
  /** What users call it. */
  name: z.string().min(1),
  artifact: SourceName,
  /** Null: its default branch. */
  ref: GitRef.nullable(),
  /** Null: the top, or the directory called as the artifact. */
  subdir: RepositoryDirectory.nullable(),
  /** Where the repository goes; made, and must be empty if it exists. */
  directory: AbsolutePath,
  /** The file that the definition is packed into. */
  archive: AbsolutePath,
  result: AbsolutePath,
});
export type GitRequest = z.infer<typeof GitRequest>;

export const PrepareRequest = z.discriminatedUnion('command', [
  InspectRequest,
  SourceRequest,
  ImageRequest,
  GitRequest,
]);
export type PrepareRequest = z.infer<typeof PrepareRequest>;

const FailureResult = z.strictObject({
  ok: z.literal(false),
  failure: z.strictObject({
    outcome: Outcome.exclude(['success']),
    message: z.string().max(20_000),
    hint: z.string().max(4000).optional(),
    where: z.string().max(1000).optional(),
  }),
});

const InspectResult = z.discriminatedUnion('ok', [z.strictObject({ ok: z.literal(true), plan: Plan }), FailureResult]);
export type InspectResult = z.infer<typeof InspectResult>;

/** The Debian source package made: `files` holds the .dsc and all it lists, in the output directory. */
export const SourcePackage = z.strictObject({
  format: z.literal('deb'),
  dsc: FileName,
  files: z.array(FileRef).min(2).max(200),
});
export type SourcePackage = z.infer<typeof SourcePackage>;

/** What a source RPM is made of, all in the output directory: the spec file, and the sources and patches it names. */
export const SourceFiles = z.strictObject({ format: z.literal('rpm'), spec: FileName });
export type SourceFiles = z.infer<typeof SourceFiles>;

const Made = z.discriminatedUnion('format', [SourcePackage, SourceFiles]);
type Made = z.infer<typeof Made>;

const SourceResult = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), package: Made }),
  FailureResult,
]);
export type SourceResult = z.infer<typeof SourceResult>;

const ImageResult = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), image: ImagePlan }),
  FailureResult,
]);
export type ImageResult = z.infer<typeof ImageResult>;

/** What was fetched: the full id of the commit, and the directory of the definition, null for the top. */
export const FoundDefinition = z.strictObject({ commit: CommitId, subdir: RepositoryDirectory.nullable() });
export type FoundDefinition = z.infer<typeof FoundDefinition>;

const GitResult = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), found: FoundDefinition }),
  FailureResult,
]);
export type GitResult = z.infer<typeof GitResult>;

/** The program to run: `node <prepareProgram> <command> <request.json>`. */
export const prepareProgram: string = fileURLToPath(new URL('./prepare.ts', import.meta.url));

/** The largest result file worth reading, in bytes. */
export const maxResultBytes = 4 * 1024 * 1024;

/**
 * The plan from the text of a result file of `inspect`.
 *
 * @throws Failure the one that `prepare` reports, or `infrastructure-failure` when the text is not a result:
 * the program ran on a user's input, so nothing it wrote is taken on trust.
 */
export function readInspectResult(text: string): Plan {
  const result = parseResult(InspectResult, text);
  if (!result.ok) throw reportedFailure(result.failure);
  return result.plan;
}

/** What was made, from the text of a result file of `source`; throws as {@link readInspectResult} does. */
export function readSourceResult<F extends Made['format']>(text: string, format: F): Extract<Made, { format: F }> {
  const result = parseResult(SourceResult, text);
  if (!result.ok) throw reportedFailure(result.failure);
  if (result.package.format !== format) throw unusable(`it is of format ${result.package.format}`);
  return result.package as Extract<Made, { format: F }>;
}

/** The image from the text of a result file of `image`; throws as {@link readInspectResult} does. */
export function readImageResult(text: string): ImagePlan {
  const result = parseResult(ImageResult, text);
  if (!result.ok) throw reportedFailure(result.failure);
  return result.image;
}

/** What was found, from the text of a result file of `git`; throws as {@link readInspectResult} does. */
export function readGitResult(text: string): FoundDefinition {
  const result = parseResult(GitResult, text);
  if (!result.ok) throw reportedFailure(result.failure);
  return result.found;
}

function parseResult<T>(schema: z.ZodType<T>, text: string): T {
  if (Buffer.byteLength(text) > maxResultBytes) throw unusable(`it is larger than ${maxResultBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable('it is not JSON', error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw unusable(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

function unusable(why: string, cause?: unknown): Failure {
  return new Failure('infrastructure-failure', `The result of prepare cannot be used: ${why}`, { cause });
}

function reportedFailure({ outcome, message, hint, where }: z.infer<typeof FailureResult>['failure']): Failure {
  return new Failure(outcome, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
  });
}
