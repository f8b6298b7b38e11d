import type { RpmBuilder, RpmSource } from './environment-recipe.ts';
import { Failure } from './failure.ts';
import type { Format } from './names.ts';

/** How binary packages are built in an environment: on an overlay that is thrown away, or in cowbuilder's own copy. */
export type DebBuilder = 'pbuilder' | 'cowbuilder';

/** How much a job may take; what is undefined, the next wider scope says: distribution, instance, server. */
export interface BuildLimits {
  /** One attempt, ms. */
  wall?: number | undefined;
  /** An attempt that says nothing, ms. */
  silence?: number | undefined;
  logBytes?: number | undefined;
  memoryBytes?: number | undefined;
  processes?: number | undefined;
  /** What its workspace may hold. */
  diskBytes?: number | undefined;
}

/** What a repository targets, whatever its format. */
export interface DistributionBase {
  /** As in `-d` and in the URL of the repository. */
  name: string;
  /** The build environment; several distributions may share one. */
  env: string;
  /** Release tag, appended to versions: `deb12`, `el9`. */
  tag: string;
  limits?: BuildLimits | undefined;
  /** How many of the newest versions of a source package its repository keeps, by derivative; undefined: all. */
  keepVersions?: number | undefined;
  /** Program on the publisher's machine that tries each publication before clients see it. */
  gate?: string | undefined;
}

/** The APT side of a Debian distribution: what its build environment is made from. */
export interface DebDistribution extends DistributionBase {
  format: 'deb';
  /** The suite to bootstrap, `bookworm`. */
  suite: string;
  /** Base URL of the archive; undefined: the build host's own. */
  mirror: string | undefined;
  /** At least one, `main` by default. */
  components: string[];
  /** Further suites of the mirror, `bookworm-updates` by default. */
  suites: string[];
  /** The security suite, or undefined where there is none; without a mirror: the build host's own. */
  security: { suite: string; mirror: string | undefined } | undefined;
  /** Path on the build host of the archive's keyring; undefined: the build host's own choice. */
  keyring: string | undefined;
  builder: DebBuilder;
  /** Whether it compiles through ccache; undefined: no. */
  ccache?: boolean | undefined;
  /** Days after which clients distrust what they were told; undefined: never. */
  validDays?: number | undefined;
}

/** The DNF side of an RPM distribution: what its build environment is made from. */
export interface RpmDistribution extends DistributionBase {
  format: 'rpm';
  /** Of the lists of its repository; undefined: `gzip`, which every client reads. */
  compression?: 'gzip' | 'zstd' | undefined;
  /** Whether it compiles through ccache; undefined: no. */
  ccache?: boolean | undefined;
  /** Undefined: mock where the build host's tool image has it, else rpmbuild. */
  builder: RpmBuilder | undefined;
  /** A configuration that mock comes with, `rocky-9-x86_64`; undefined: one made of `repositories`. */
  mock: string | undefined;
  repositories: RpmSource[];
  /** What `$releasever` stands for; undefined: what the packages say. */
  releasever: string | undefined;
  /** Where the RPM database is, in the environment. */
  dbpath: string;
  /** DNF modules that are enabled: `name:stream`. */
  modules: string[];
}

/** Where the packages of OS images come from. */
export interface OsiDistribution extends DistributionBase {
  format: 'osi';
  /** Base URLs of the archives that images may be made from, the first by default; none: the build host's own, for Debian. */
  mirrors: string[];
  /** Further suites of them, of any release; undefined: the updates of the release where its archive has them. */
  suites?: string[] | undefined;
  /** Where security updates are looked for first; false: none; undefined: in `mirrors`. */
  security?: false | { mirror: string } | undefined;
  /** Path on the build host of the keyring that they are checked with; undefined: that of the distribution. */
  keyring?: string | undefined;
  /** The deb or rpm distribution of this instance whose packages images may take; undefined: one called as the `env`. */
  packages: string | undefined;
}

export type Distribution = DebDistribution | RpmDistribution | OsiDistribution;

/** A parallel repository that builds on another one. `main` is implicit and extends nothing. */
export interface Derivative {
  name: string;
  formats: Format[];
  extends: string;
}

/** One isolated farm inside the installation. */
export interface Instance {
  /** The stem of its file's name; part of paths, URLs and queue messages. */
  id: string;
  /** For people. */
  name: string;
  /** The identity of its signing key. */
  gpg: { name: string; email: string };
  /** In dpkg's spelling; the first is the one that also builds `all`. */
  architectures: string[];
  distributions: Distribution[];
  derivatives: Derivative[];
  /** Whether sources may be fetched from private and link-local addresses. */
  allowPrivateSources: boolean;
  /** False: none of its builds uses what an earlier one installed. */
  warm?: boolean | undefined;
  /** The pool of build hosts that its jobs go to; undefined: that of the server's own worker, `default` by default. */
  pool?: string | undefined;
  /** Of its jobs; `running` is how many of them may run at once. */
  limits?: (BuildLimits & { running?: number | undefined }) | undefined;
}

/** What lookups take: any part of a configuration that holds instances. */
export interface HasInstances {
  instances: Instance[];
}

/** The instance called `id`. Throws `rejected` with the known ones. */
export function findInstance(config: HasInstances, id: string): Instance {
  const found = config.instances.find((instance) => instance.id === id);
  if (found) return found;
  throw unknown(
    'instance',
    id,
    config.instances.map((instance) => instance.id),
  );
}

/**
 * The distribution called `name`. Without a format the name alone must tell.
 * Throws `rejected` with the known ones, or with the formats to choose from.
 */
export function findDistribution<F extends Format>(
  instance: Instance,
  format: F,
  name: string,
): Extract<Distribution, { format: F }>;
export function findDistribution(instance: Instance, format: Format | undefined, name: string): Distribution;
export function findDistribution(instance: Instance, format: Format | undefined, name: string): Distribution {
  const candidates = instance.distributions.filter((one) => format === undefined || one.format === format);
  const [found, ...others] = candidates.filter((one) => one.name === name);
  if (!found) {
    const what = format ? `${format} distribution` : 'distribution';
    throw unknown(
      `${what} of instance ${instance.id}`,
      name,
      candidates.map((one) => one.name),
    );
  }
  if (others.length === 0) return found;
  const formats = [found, ...others].map((one) => one.format).join(' and ');
  throw new Failure('rejected', `Distribution ${name} of instance ${instance.id} exists for ${formats}.`, {
    hint: 'Name the format as well.',
  });
}

/**
 * A derivative and all it extends, itself first, `main` last: where a build looks for its dependencies.
 * Throws `rejected` for a derivative that is not known or does not support `format`.
 */
export function derivativeChain(instance: Instance, derivative: string, format: Format): string[] {
  if (derivative === 'main') return ['main'];
  const known = instance.derivatives.filter((one) => one.formats.includes(format));
  const found = known.find((one) => one.name === derivative);
  if (!found) {
    throw unknown(`${format} derivative of instance ${instance.id}`, derivative, [
      'main',
      ...known.map((one) => one.name),
    ]);
  }
  return [derivative, ...derivativeChain(instance, found.extends, format)];
}

function unknown(what: string, name: string, known: string[]): Failure {
  const hint = known.length ? `Known: ${known.join(', ')}.` : 'None is configured.';
  return new Failure('rejected', `There is no ${what} called ${name}.`, { hint });
}
