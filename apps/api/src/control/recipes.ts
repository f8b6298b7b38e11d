import type { Config } from '@fatbuildr/config';
import type { BuildLimits, DebDistribution, EnvironmentRecipe, Instance, JobLimits } from '@fatbuildr/domain';

/** What the build environment of a distribution is made of. The configuration sees to one recipe per environment. */
export function environmentRecipe(
  instance: Instance,
  distribution: DebDistribution,
  architecture: string,
): EnvironmentRecipe {
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
    memoryBytes: pick('memoryBytes') ?? null,
    processes: pick('processes') ?? null,
    diskBytes: pick('diskBytes') ?? null,
  };
}

/** The limits of making an image or environment: what a build may use says nothing about those. */
export function treeLimits(config: Config): JobLimits {
  return { ...jobLimits(config), memoryBytes: null, processes: null, diskBytes: null };
}
