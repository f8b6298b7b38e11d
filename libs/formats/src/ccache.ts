/** Where ccache keeps results, in the tree that a package is built in. */
export const CCACHE_DIRECTORY = '/var/cache/fatbuildr-ccache';

/** Where the distributions' packages of ccache have compilers of their usual names. */
export const CCACHE_COMPILERS = { deb: '/usr/lib/ccache', rpm: '/usr/lib64/ccache:/usr/lib/ccache' };

/** How a build uses ccache. */
export interface CcacheUse {
  /** More than this ccache does not keep. */
  maxBytes: number;
  /** Below which packages are unpacked: its path has the version in it, which is not to matter. */
  directory: string;
}

/** What ccache(1) is to know, as environment variables. They win over the configuration in its directory, which builds can write. */
export function ccacheEnvironment({ maxBytes, directory }: CcacheUse): Record<string, string> {
  return {
    CCACHE_DIR: CCACHE_DIRECTORY,
    // Its smallest unit is a kilobyte; 0 would be no limit.
    CCACHE_MAXSIZE: `${Math.max(1, Math.floor(maxBytes / 1000))}k`,
    CCACHE_BASEDIR: directory,
    CCACHE_NOHASHDIR: '1',
  };
}

/** Shell commands for the build user that count anew, and that tell on one line what came of it. Neither ever fails. */
export const COUNT_CCACHE = 'ccache --zero-stats >/dev/null || true';
export const TELL_CCACHE = "echo ccache: $(ccache --show-stats | grep -Ei 'hit|miss|size' | tr -s ' ' | head -c 500)";
