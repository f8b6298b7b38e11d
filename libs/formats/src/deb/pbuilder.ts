/** A build as pbuilder sees it; all paths are absolute and inside the container. */
export interface PbuilderBuild {
  /** The tree to build in: an unpacked environment, ours alone. */
  chroot: string;
  /** The source package's .dsc, its files beside it. */
  dsc: string;
  /** An existing directory for what is built. */
  result: string;
  /** The text of `pbuilderrc()`, as a file. */
  config: string;
  /** The files of `phaseHooks()`. */
  hooks: string;
  /** `arch`: only packages of the architecture; `any`: those of `Architecture: all` too. */
  binaries: 'any' | 'arch';
}

/**
 * `pbuilder build` exactly as cowbuilder runs it, but on a tree of our own, without cowdancer's copy.
 *
 * The source package is never rebuilt: it is published as `prepare` made it, so only binaries come out.
 */
export function pbuilderBuildCommand({ chroot, ...build }: PbuilderBuild): string[] {
  return [
    'pbuilder',
    'build',
    '--no-targz',
    '--buildplace',
    chroot,
    '--internal-chrootexec',
    `chroot ${chroot}`,
    ...buildOptions(build),
  ];
}

/** A build by cowbuilder on its own hard-linked copy of `base`, made below `copies` on the same mount. */
export function cowbuilderBuildCommand(
  build: Omit<PbuilderBuild, 'chroot'> & { base: string; copies: string },
): string[] {
  const { base, copies, ...rest } = build;
  return ['cowbuilder', '--build', '--basepath', base, '--buildplace', copies, ...buildOptions(rest)];
}

/**
 * The `pbuilder` that cowbuilder is to find first in its PATH where the copy of a build that failed is to be left.
 * cowbuilder leaves it only when pbuilder ended with 128 or more, as by a signal; pbuilder itself ends with 1.
 */
export const PBUILDER_THAT_LEAVES = `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
pbuilder "$@" || exit 255
`;

/** What `cowbuilder --create` is to make. */
export interface CowbuilderBase {
  base: string;
  copies: string;
  distribution: string;
  architecture: string;
  mirror: string;
  components: readonly string[];
  config: string;
  /** The keyring that debootstrap checks the mirror against, where its own default does not do. */
  keyring?: string;
}

/** Makes an environment from nothing; `base` must not exist or be empty. */
export function cowbuilderCreateCommand(options: CowbuilderBase): string[] {
  const { base, copies, distribution, architecture, mirror, components, config, keyring } = options;
  return [
    'cowbuilder',
    '--create',
    ...['--basepath', base, '--buildplace', copies],
    ...['--distribution', distribution, '--architecture', architecture],
    ...['--mirror', mirror, '--components', components.join(' ')],
    ...['--configfile', config],
    ...(keyring === undefined ? [] : ['--debootstrapopts', `--keyring=${keyring}`]),
  ];
}

/** Brings an environment up to date in place. */
export function cowbuilderUpdateCommand({ base, copies, config }: Pick<CowbuilderBase, 'base' | 'copies' | 'config'>) {
  return ['cowbuilder', '--update', '--basepath', base, '--buildplace', copies, '--configfile', config];
}

function buildOptions({ dsc, result, config, hooks, binaries }: Omit<PbuilderBuild, 'chroot'>): string[] {
  return [
    ...['--configfile', config, '--buildresult', result, '--hookdir', hooks],
    ...(binaries === 'any' ? ['--debbuildopts', '-b'] : ['--binary-arch']),
    dsc,
  ];
}
