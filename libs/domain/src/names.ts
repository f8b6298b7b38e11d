import { z } from 'zod';

/** A SHA-256 digest in lower-case hexadecimal. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 digest: 64 lower-case hexadecimal digits');

/** Name of an instance: the stem of its file under `instances.d/`, the first part of its repositories' URLs. */
export const InstanceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'an instance name: lower-case letters, digits, "-" and "_"');

/** Name of a pool of build hosts. */
export const PoolName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a pool name: lower-case letters, digits and "-"');

/** Name of a build host. */
export const WorkerName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/, 'a host name');

/** Name of a distribution or derivative: a suite or component in APT's words. */
export const SuiteName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,62}$/, 'letters, digits and ".+_-", first a letter or digit');

/** Name of an artifact of Debian packages, which becomes that of its source package (Debian Policy 5.6.1), or of images. */
export const ArtifactName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]{1,127}$/, 'an artifact name: lower-case letters, digits and "+.-", two or more');

/** Name of an artifact or source package of any format: those of RPM may have capitals, underscores and one letter. */
export const SourceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}$/, 'the name of a source package: letters, digits and "+._-"');

/** Architecture in dpkg's spelling (`amd64`), or `all`. */
export const Architecture = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'an architecture in dpkg spelling: amd64');

/** A plain file name: no directory part, no leading dot or dash, nothing a shell or URL would mistake. */
export const FileName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+~%=@:-]{0,254}$/, 'a plain file name without directories');

export const Format = z.enum(['deb', 'rpm', 'osi']);
export type Format = z.infer<typeof Format>;

/** What the artifacts of a format may be called. Either way it can be a part of a path: no slash, no leading dot or dash. */
export function artifactName(format: Format): z.ZodString {
  return format === 'rpm' ? SourceName : ArtifactName;
}

/** A file by its content. Sizes are bytes. */
export const FileRef = z.object({ name: FileName, sha256: Digest, size: z.int().nonnegative() });
export type FileRef = z.infer<typeof FileRef>;

/** A program and its arguments. */
export const CommandLine = z
  .array(
    z
      .string()
      .max(16_384)
      .regex(/^[^\0]*$/, 'no NUL'),
  )
  .min(1)
  .max(256);
