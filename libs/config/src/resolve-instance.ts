import {
  type DebDistribution,
  type Derivative,
  type Distribution,
  type Format,
  type Instance,
  type OsiDistribution,
  parseArchitecture,
  type RpmDistribution,
} from '@fatbuildr/domain';
import type { DebEntry, InstanceFile, OsiEntry, RpmEntry } from './instance-schema.ts';

/**
 * What an instance file means: its defaults filled in, its names in our spelling.
 * As in Fatbuildr 2.1 the host's architecture comes first, listed or not.
 */
export function resolveInstance(id: string, written: InstanceFile, hostArchitecture: string): Instance {
  const { deb, rpm, osi } = written.formats;
  const distributions: Distribution[] = [
    ...deb.map(debDistribution),
    ...rpm.map(rpmDistribution),
    ...osi.map(osiDistribution),
  ];
  const listed = written.architectures.map((name) => parseArchitecture(name) ?? name);
  return {
    id,
    name: written.name,
    gpg: written.gpg,
    architectures: [...new Set([hostArchitecture, ...listed])],
    distributions,
    derivatives: derivatives(written.derivatives, [...new Set(distributions.map((one) => one.format))]),
    allowPrivateSources: written.allowPrivateSources,
    ...(written.warm ? {} : { warm: false }),
    pool: written.pool,
    limits: written.limits,
  };
}

/** Rolling suites have neither updates nor security. */
const rolling = ['sid', 'unstable', 'testing', 'experimental'];

function debDistribution(written: DebEntry): DebDistribution {
  const { name, tag, mirror, components, keyring, builder, limits, gate, validDays, ccache } = written;
  const env = written.env ?? name;
  const suite = written.suite ?? env;
  const released = !rolling.includes(suite);
  const security = written.security ?? (released && {});
  return {
    format: 'deb',
    name,
    env,
    tag,
    suite,
    mirror,
    components,
    suites: written.suites ?? (released ? [`${suite}-updates`] : []),
    security: security ? { suite: security.suite ?? `${suite}-security`, mirror: security.mirror } : undefined,
    keyring,
    builder,
    limits,
    keepVersions: kept(written.keepVersions),
    ...{ gate, validDays, ccache },
  };
}

function rpmDistribution({ name, env, limits, builder, mock, releasever, ...written }: RpmEntry): RpmDistribution {
  const keepVersions = kept(written.keepVersions);
  return { ...written, format: 'rpm', name, env: env ?? name, limits, builder, mock, releasever, keepVersions };
}

/** Images are large, and each build of one is a version: what nobody limits would fill the disk. */
const IMAGE_VERSIONS = 5;

function osiDistribution(written: OsiEntry): OsiDistribution {
  const { name, env = name, tag = name, mirrors = [], suites, security, keyring, packages, limits, gate } = written;
  return {
    ...{ format: 'osi', name, env, tag, mirrors, suites, security, keyring, packages, limits, gate },
    keepVersions: kept(written.keepVersions ?? IMAGE_VERSIONS),
  };
}

/** How many versions a repository keeps; undefined: all. */
function kept(written: number | 'all' | undefined): number | undefined {
  return written === 'all' ? undefined : written;
}

/** A derivative supports what it declares (all by default) and what it extends supports too. */
function derivatives(written: InstanceFile['derivatives'], formats: Format[]): Derivative[] {
  const supported = (name: string): Format[] => {
    const entry = written[name];
    if (!entry) return formats;
    return supported(entry.extends).filter((format) => entry.formats?.includes(format) ?? true);
  };
  return Object.entries(written).map(([name, entry]) => ({ name, formats: supported(name), extends: entry.extends }));
}
