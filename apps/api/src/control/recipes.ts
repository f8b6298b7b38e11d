import type { Config } from '@fatbuildr/config';
import {
  archName,
  type BuildLimits,
  type DebDistribution,
  type DebEnvironmentRecipe,
  type EnvironmentRecipe,
  type Instance,
  type JobLimits,
  type RpmDistribution,
  type RpmEnvironmentRecipe,
  type ShellTime,
} from '@fatbuildr/domain';

/** A distribution whose packages are built in an environment. */
export type WithEnvironment = DebDistribution | RpmDistribution;

/** What the build environment of a distribution is made of. The configuration sees to one recipe per environment. */
export function environmentRecipe(
  instance: Instance,
  distribution: WithEnvironment,
  architecture: string,
): EnvironmentRecipe {
  return distribution.format === 'deb'
    ? debRecipe(instance, distribution, architecture)
    : rpmRecipe(instance, distribution, architecture);
}

export function debRecipe(
  instance: Instance,
  distribution: DebDistribution,
  architecture: string,
): DebEnvironmentRecipe {
  const { env, suite, mirror, components, suites, security, keyring } = distribution;
  return {
    instance: instance.id,
    format: 'deb',
    name: env,
    architecture,
    suite,
    mirror: mirror ?? null,
    components,
    suites,
    security: security ? { suite: security.suite, mirror: security.mirror ?? null } : null,
    keyring: keyring ?? null,
  };
}

/** Without repositories it is what mock calls the environment, as in Fatbuildr 2.1: `rocky-9` is `rocky-9-x86_64`. */
export function rpmRecipe(
  instance: Instance,
  distribution: RpmDistribution,
  architecture: string,
): RpmEnvironmentRecipe {
  const { env, builder, mock, repositories, releasever, dbpath, modules } = distribution;
  const named = mock ?? (repositories.length === 0 ? `${env}-${archName(architecture, 'rpm')}` : null);
  return {
    instance: instance.id,
    format: 'rpm',
    name: env,
    architecture,
    builder: builder ?? null,
    mock: named,
    repositories,
    releasever: releasever ?? null,
    dbpath,
    modules,
  };
}

/** The limits of a job: what the distribution says, else the instance, else the server. */
export function jobLimits(
  { limits }: Config,
  ...scopes: ({ limits?: BuildLimits | undefined } | undefined)[]
): JobLimits {
  const narrower = scopes.map((scope) => scope?.limits ?? {});
  const pick = <K extends keyof BuildLimits>(key: K) =>
    narrower.find((one) => one[key] !== undefined)?.[key] ?? limits[key];
  return {
    wallMs: pick('wall') ?? limits.wall,
    silenceMs: pick('silence') ?? limits.silence,
    logBytes: pick('logBytes') ?? limits.logBytes,
    sourceBytes: limits.sourceBytes,
    resultBytes: limits.resultBytes,
    memoryBytes: pick('memoryBytes') ?? null,
    processes: pick('processes') ?? null,
    diskBytes: pick('diskBytes') ?? null,
  };
}

/** How long a shell may be open: `wallMs` in all, `silenceMs` without a byte either way. */
export function shellTime({ limits }: Config): ShellTime {
  return { wallMs: limits.shell, silenceMs: limits.shellSilence };
}

/** The limits of making an image or environment: what a build may use says nothing about those. */
export function treeLimits(config: Config): JobLimits {
  return { ...jobLimits(config), memoryBytes: null, processes: null, diskBytes: null };
}
