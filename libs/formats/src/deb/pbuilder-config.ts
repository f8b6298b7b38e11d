import { CCACHE_COMPILERS, ccacheEnvironment } from '../ccache.ts';

/** Who pbuilder builds as, in the chroot. */
export const PBUILDER_UID = 1234;

/** Settings of one run of pbuilder or cowbuilder. */
export interface PbuilderSettings {
  /** The HTTP proxy for apt, as a URL. Programs of the build phase never see it. */
  httpProxy?: string;
  /** How many processes the build may run at once. */
  jobs?: number;
  /** Dependencies are installed already; dpkg-buildpackage looks whether that is so. */
  dependenciesMet?: boolean;
  /** Compiles through ccache, which keeps at most so many bytes in the directory mounted at `CCACHE_DIRECTORY`. */
  ccacheBytes?: number | undefined;
}

/**
 * The text of a pbuilderrc (pbuilderrc(5)), to be passed as `--configfile`.
 *
 * No network while building, dependencies installed by apt itself, and no package cache of pbuilder's own:
 * it would be trusted without a check.
 */
export function pbuilderrc({ httpProxy, jobs, dependenciesMet = false, ccacheBytes }: PbuilderSettings): string {
  const lines = [
    'USENETWORK=no',
    'USECGROUP=no',
    'USECOLORS=no',
    'ALLOWUNTRUSTED=no',
    'APTCACHE=',
    'APTCACHEHARDLINK=no',
    'CCACHEDIR=',
    'EATMYDATA=no',
    'SOURCE_ONLY_CHANGES=no',
    `PBUILDERSATISFYDEPENDSCMD=${dependenciesMet ? '/bin/true' : '/usr/lib/pbuilder/pbuilder-satisfydepends-apt'}`,
    "APTGETOPT=('-o' 'APT::Install-Recommends=false' '-o' 'Acquire::Retries=3')",
  ];
  if (httpProxy !== undefined) lines.push(`export http_proxy=${shellQuote(httpProxy)}`);
  if (jobs !== undefined) lines.push(`export DEB_BUILD_OPTIONS=${shellQuote(`parallel=${jobs}`)}`);
  if (ccacheBytes !== undefined) {
    lines.push(`BUILDUSERID=${PBUILDER_UID}`);
    if (!dependenciesMet) lines.push('EXTRAPACKAGES=ccache');
    for (const [name, value] of Object.entries(ccacheEnvironment({ maxBytes: ccacheBytes, directory: '/build' }))) {
      lines.push(`export ${name}=${shellQuote(value)}`);
    }
    lines.push(`export PATH="${CCACHE_COMPILERS.deb}:$PATH"`);
  }
  return `${lines.join('\n')}\n`;
}

/** One word for sh, whatever it holds. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
