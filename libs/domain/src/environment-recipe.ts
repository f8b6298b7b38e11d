import { z } from 'zod';
import { Architecture, InstanceName, SuiteName } from './names.ts';

/** What every build environment is called by. */
const Identity = z.object({ instance: InstanceName, name: SuiteName, architecture: Architecture });

/** A deb build environment and what it is made of. */
export const DebEnvironmentRecipe = Identity.extend({
  format: z.literal('deb'),
  /** The suite that is bootstrapped. */
  suite: SuiteName,
  /** Base URL of the archive; null: the worker's own. */
  mirror: z.string().nullable(),
  components: z.array(z.string()).min(1),
  /** Further suites of the mirror, `bookworm-updates`. */
  suites: z.array(SuiteName),
  /** The security suite; a null mirror is the worker's own. */
  security: z.object({ suite: z.string(), mirror: z.string().nullable() }).nullable(),
  /** Path on the worker of the archive's keyring; null: the worker's own choice. */
  keyring: z.string().nullable(),
});
export type DebEnvironmentRecipe = z.infer<typeof DebEnvironmentRecipe>;

/** What builds RPM packages. */
export const RpmBuilder = z.enum(['mock', 'rpmbuild']);
export type RpmBuilder = z.infer<typeof RpmBuilder>;

/** A repository of RPM packages that an environment is made from; exactly one of the three addresses is there. */
export const RpmSource = z.object({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$/),
  baseurl: z.url().optional(),
  metalink: z.url().optional(),
  mirrorlist: z.url().optional(),
  /** A URL, or a path on the build host; without one nothing of it is checked. */
  gpgkey: z.string().optional(),
  /** What a configuration of mock's own says besides, as dnf.conf(5) has it: `excludepkgs`, `module_hotfixes`. */
  options: z.record(z.string().regex(/^[a-z_]+$/), z.string()).optional(),
});
export type RpmSource = z.infer<typeof RpmSource>;

/** An rpm build environment and what it is made of. */
export const RpmEnvironmentRecipe = Identity.extend({
  format: z.literal('rpm'),
  /** Null: mock where the host's tool image has it, else rpmbuild. */
  builder: RpmBuilder.nullable(),
  /** A configuration that mock comes with, `rocky-9-x86_64`; null: one made of `repositories`. */
  mock: SuiteName.nullable(),
  repositories: z.array(RpmSource),
  /** What `$releasever` stands for; null: what the packages say. */
  releasever: z.string().nullable(),
  /** Where the RPM database is, inside. */
  dbpath: z.string(),
  /** DNF modules that are enabled: `name:stream`. */
  modules: z.array(z.string()),
});
export type RpmEnvironmentRecipe = z.infer<typeof RpmEnvironmentRecipe>;

export const EnvironmentRecipe = z.discriminatedUnion('format', [DebEnvironmentRecipe, RpmEnvironmentRecipe]);
export type EnvironmentRecipe = z.infer<typeof EnvironmentRecipe>;
