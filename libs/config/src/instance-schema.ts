import { Format, parseArchitecture, SuiteName } from '@fatbuildr/domain';
import { z } from 'zod';
import { HttpUrl } from './server-schema.ts';

const Tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+~]*$/, 'a release tag such as deb12: letters, digits and ".+~"');
const Component = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9./_-]*$/, 'a component such as main');
const Suite = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9./+_-]*$/, 'a suite such as bookworm-updates');

const common = { name: SuiteName, env: SuiteName.optional(), tag: Tag };

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
  keyring: z.string().startsWith('/', 'an absolute path').optional(),
  builder: z.enum(['pbuilder', 'cowbuilder']).default('pbuilder'),
});
export type DebEntry = z.output<typeof DebEntry>;

const RpmEntry = z.strictObject(common);
const OsiEntry = z.strictObject({ ...common, tag: Tag.optional() });

/** A list of distributions, or a mapping from their names: `{bookworm: {tag: deb12}}`. */
function distributions<T extends z.ZodType<{ name: string }>>(entry: T) {
  return z.preprocess(listFromMapping, z.array(entry).superRefine(refuseDuplicates)).default([]);
}

function refuseDuplicates(entries: { name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    if (seen.has(name)) context.addIssue({ code: 'custom', message: 'a name not used above', path: [index, 'name'] });
    seen.add(name);
  }
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
  .superRefine((written, context) => {
    const refuse = (message: string, path: string[]) => context.addIssue({ code: 'custom', message, path });
    if (written['main']) refuse('another name: main is implicit', ['main']);
    for (const [name, { extends: base }] of Object.entries(written)) {
      if (base !== 'main' && !written[base]) {
        const known = ['main', ...Object.keys(written)].filter((other) => other !== name);
        refuse(`one of ${known.join(', ')}`, [name, 'extends']);
      } else if (extendsItself(name, written)) {
        refuse('derivatives that do not extend one another in a circle', [name, 'extends']);
      }
    }
  });

function extendsItself(name: string, derivatives: Record<string, { extends: string }>): boolean {
  const seen = new Set<string>();
  for (let next = derivatives[name]?.extends; next !== undefined; next = derivatives[next]?.extends) {
    if (next === name) return true;
    if (seen.has(next)) return false;
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
    deb: distributions(DebEntry),
    rpm: distributions(RpmEntry),
    osi: distributions(OsiEntry),
  }),
  derivatives: Derivatives.nullish().transform((written) => written ?? {}),
  allowPrivateSources: z.boolean().default(false),
});
export type InstanceFile = z.output<typeof InstanceFile>;
