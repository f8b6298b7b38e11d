import type { Config } from '@fatbuildr/config';
import type { DebDistribution, EnvironmentRecipe, Instance, JobLimits } from '@fatbuildr/domain';

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

export function jobLimits({ limits }: Config): JobLimits {
  return {
    wallMs: limits.wall,
    silenceMs: limits.silence,
    logBytes: limits.logBytes,
    sourceBytes: limits.sourceBytes,
    memoryBytes: null,
    processes: null,
  };
}
