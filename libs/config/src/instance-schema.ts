import { Format, PoolName, parseArchitecture, SuiteName } from '@fatbuildr/domain';
import { z } from 'zod';
import { Duration, Size } from './quantities.ts';
import { rpmKeys } from './rpm-schema.ts';
import { HttpUrl } from './urls.ts';

const Tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+~]*$/, 'a release tag such as deb12: letters, digits and ".+~"');
const Component = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9./_-]*$/, 'a component such as main');
const Suite = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9./+_-]*$/, 'a suite such as bookworm-updates');

const limits = {
  wall: Duration.optional(),
  silence: Duration.optional(),
  logBytes: Size.optional(),
  memoryBytes: Size.optional(),
  processes: z.int('a number of processes').min(1).optional(),
  diskBytes: Size.optional(),
};

const common = { name: SuiteName, env: SuiteName.optional(), tag: Tag, limits: z.strictObject(limits).optional() };

/** What its repository keeps and takes. */
const repository = {
  keepVersions: z.union([z.literal('all'), z.int().min(1)], 'a number of versions from 1 on, or all').optional(),
  gate: z.string().startsWith('/', 'the absolute path of a program').optional(),
};

const ccache = z.boolean().optional();

const Keyring = z.string().startsWith('/', 'an absolute path');

const DebEntry = z.strictObject({
  ...common,
  suite: Suite.optional(),
  mirror: HttpUrl.optional(),
  components: z.array(Component).min(1, 'at least one component').default(['main']),
  suites: z.array(Suite).optional(),
  security: z
    .union([z.literal(false), z.strictObject({ suite: Suite.optional(), mirror: HttpUrl.optional() })], {
      error: 'false, or a mapping with suite and mirror',
    })
    .optional(),
  keyring: Keyring.optional(),
  builder: z.enum(['pbuilder', 'cowbuilder']).default('pbuilder'),
  ...repository,
  ccache,
  validDays: z.int('a number of days').min(1).max(3_650).optional(),
});
export type DebEntry = z.output<typeof DebEntry>;

const RpmEntry = z.strictObject({
  ...common,
  ...repository,
  ccache,
  ...rpmKeys,
  compression: z.enum(['gzip', 'zstd']).optional(),
});
export type RpmEntry = z.output<typeof RpmEntry>;

const OsiEntry = z.strictObject({
  ...common,
  ...repository,
  tag: Tag.optional(),
  mirrors: z.array(HttpUrl).optional(),
  suites: z.array(Suite).optional(),
  security: z
    .union([z.literal(false), z.strictObject({ mirror: HttpUrl })], { error: 'false, or a mapping with a mirror' })
    .optional(),
  keyring: Keyring.optional(),
  packages: SuiteName.optional(),
});
export type OsiEntry = z.output<typeof OsiEntry>;

/** A list of distributions, or a mapping from their names: `{bookworm: {tag: deb12}}`. */
function distributions<T extends z.ZodType<{ name: string }>>(entry: T) {
  return z
    .preprocess(
      listFromMapping,
      z.array(entry).superRefine(refuseDuplicates, { when: ({ value }) => Array.isArray(value) }),
    )
    .default([]);
}

function refuseDuplicates(entries: { name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const name = entry?.name;
    if (seen.has(name)) context.addIssue({ code: 'custom', message: 'a name not used above', path: [index, 'name'] });
    seen.add(name);
  }
}

/** Distributions may share an environment, but it can be made in one way only: `recipeOf` tells which. */
function refuseTwoRecipes<T extends { name: string; env?: string | undefined }>(recipeOf: (entry: T) => object) {
  return (entries: T[], context: z.RefinementCtx): void => {
    const first = new Map<string, string>();
    for (const [index, entry] of entries.entries()) {
      const { name, env = name } = entry;
      const recipe = recipeOf(entry);
      const text = JSON.stringify(recipe);
      if (text !== (first.get(env) ?? text)) {
        const message = `what the distribution above says of the environment ${env}: ${words(Object.keys(recipe))}`;
        context.addIssue({ code: 'custom', message, path: [index] });
      }
      if (!first.has(env)) first.set(env, text);
    }
  };
}

function words(keys: string[]): string {
  return `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`;
}

function debRecipe({ name, env = name, suite = env, mirror, components, suites, security, keyring }: DebEntry) {
  return { suite, mirror, components, suites, security, keyring };
}

function rpmRecipe({ builder, mock, repositories, releasever, dbpath, modules }: RpmEntry) {
  return { builder, mock, repositories, releasever, dbpath, modules };
}

function listFromMapping(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.entries(value).map(([name, entry]) => (isMapping(entry) ? { name, ...entry } : (entry ?? { name })));
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ArchitectureName = z
  .string()
  .refine((name) => parseArchitecture(name) !== undefined, 'an architecture such as amd64 or x86_64');

const DerivativeEntry = z.strictObject({ formats: z.array(Format).optional(), extends: SuiteName.default('main') });

const Derivatives = z
  .record(
    SuiteName,
    z.preprocess((value) => value ?? {}, DerivativeEntry),
  )
  // Checked even when an entry has mistakes of its own, so that all of them are reported together.
  .superRefine(refuseBadExtensions, { when: ({ value }) => typeof value === 'object' && value !== null });

function refuseBadExtensions(written: Record<string, { extends?: unknown }>, context: z.RefinementCtx): void {
  const refuse = (message: string, path: string[]) => context.addIssue({ code: 'custom', message, path });
  const bases = new Map(Object.entries(written).map(([name, entry]) => [name, baseOf(entry)]));
  if (bases.delete('main')) refuse('another name, as main is implicit', ['main']);
  for (const [name, base] of bases) {
    if (base !== 'main' && !bases.has(base)) {
      const known = ['main', ...bases.keys()].filter((other) => other !== name);
      refuse(`one of ${known.join(', ')}`, [name, 'extends']);
    } else if (extendsItself(name, bases)) {
      refuse('no circle of derivatives that extend one another', [name, 'extends']);
    }
  }
}

function baseOf(entry: { extends?: unknown }): string {
  return typeof entry.extends === 'string' ? entry.extends : 'main';
}

function extendsItself(name: string, bases: Map<string, string>): boolean {
  const seen = new Set<string>();
  for (let next = bases.get(name); next !== undefined && !seen.has(next); next = bases.get(next)) {
    if (next === name) return true;
    seen.add(next);
  }
  return false;
}

/** An instance file as written, in Fatbuildr 2.1's format and our additions. */
export const InstanceFile = z.strictObject({
  name: z.string().min(1, 'a name'),
  gpg: z.strictObject({
    name: z.string().min(1, 'a name'),
    email: z.string().regex(/^[^@\s<>]+@[^@\s<>]+$/, 'an e-mail address'),
  }),
  architectures: z.array(ArchitectureName).default([]),
  formats: z.strictObject({
    deb: distributions(DebEntry).superRefine(refuseTwoRecipes(debRecipe)),
    rpm: distributions(RpmEntry).superRefine(refuseTwoRecipes(rpmRecipe)),
    osi: distributions(OsiEntry),
  }),
  derivatives: Derivatives.nullish().transform((written) => written ?? {}),
  allowPrivateSources: z.boolean().default(false),
  warm: z.boolean().default(true),
  pool: PoolName.optional(),
  limits: z.strictObject({ ...limits, running: z.int('a number of jobs').min(1).optional() }).optional(),
});
export type InstanceFile = z.output<typeof InstanceFile>;
