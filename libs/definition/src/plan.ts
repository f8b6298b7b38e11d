import { ArtifactName, FileName, FileRef, OSI_VERSION, RpmBuildArguments, SourceName } from '@fatbuildr/domain';
import { z } from 'zod';

/** A format whose packages are made of a source package. */
export const PackageFormat = z.enum(['deb', 'rpm']);
export type PackageFormat = z.infer<typeof PackageFormat>;

/** Digests by algorithm as Node's crypto names it (`sha256`, `sha512`, …), in lower case hex. */
export const Checksums = z.record(z.string().regex(/^[a-z0-9-]+$/), z.string().regex(/^[0-9a-f]{32,128}$/));
export type Checksums = z.infer<typeof Checksums>;

/** An upstream archive that the build needs. The first of a plan is the main one. */
export const PlannedSource = z.strictObject({
  id: z.string().min(1).max(128),
  /** Null when the submitter brings the archive along. */
  url: z.url().nullable(),
  filename: FileName,
  version: z.string().min(1).max(128),
  /** Never empty when there is a URL. */
  checksums: Checksums,
});
export type PlannedSource = z.infer<typeof PlannedSource>;

/** The version as a definition declares it; the distribution's tag and the build number come later. */
export const PlannedVersion = z.strictObject({
  main: z.string().min(1).max(128),
  major: z.string(),
  minor: z.string(),
  release: z.string().min(1).max(64),
});
export type PlannedVersion = z.infer<typeof PlannedVersion>;

/** What a definition asks for, for one format and derivative. */
export const DefinitionPlan = z.strictObject({
  kind: z.literal('definition'),
  name: SourceName,
  version: PlannedVersion,
  sources: z.array(PlannedSource).min(1).max(32),
  buildargs: RpmBuildArguments.default([]),
  warnings: z.array(z.string().max(2000)).max(200),
});
export type DefinitionPlan = z.infer<typeof DefinitionPlan>;

/** What a ready source package holds; its version is what it is. */
export const SourcePackagePlan = z.strictObject({
  kind: z.literal('dsc'),
  name: ArtifactName,
  /** The full version of the .dsc, epoch included. */
  version: z.string().min(1).max(256),
  /** The `Architecture` field split: `any`, `all`, `amd64`, … */
  architectures: z.array(z.string().max(64)).min(1),
  /** The .dsc itself and all files it lists. */
  dsc: FileName,
  files: z.array(FileRef).min(1).max(200),
  warnings: z.array(z.string().max(2000)).max(200),
});
export type SourcePackagePlan = z.infer<typeof SourcePackagePlan>;

/** A ready source RPM; what its version is, the build tells: it may depend on the distribution. */
export const SourceRpmPlan = z.strictObject({
  kind: z.literal('srpm'),
  name: SourceName,
  srpm: FileName,
  warnings: z.array(z.string().max(2000)).max(200),
});
export type SourceRpmPlan = z.infer<typeof SourceRpmPlan>;

export const Plan = z.discriminatedUnion('kind', [DefinitionPlan, SourcePackagePlan, SourceRpmPlan]);
export type Plan = z.infer<typeof Plan>;

/** What a definition asks for when an OS image is made of it. */
export const ImagePlan = z.strictObject({
  kind: z.literal('image'),
  name: ArtifactName,
  version: z.string().regex(OSI_VERSION),
  /** The configuration of mkosi, a path below the definition. */
  configuration: z.string().regex(/^osi\/[a-z0-9][a-z0-9+.-]*\.mkosi$/),
  warnings: z.array(z.string().max(2000)).max(200),
});
export type ImagePlan = z.infer<typeof ImagePlan>;
