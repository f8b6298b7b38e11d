/** Settings of one run of pbuilder or cowbuilder. */
export interface PbuilderSettings {
  /** The HTTP proxy for apt, as a URL. Programs of the build phase never see it. */
  httpProxy?: string;
  /** How many processes the build may run at once. */
  jobs?: number;
  /** Dependencies are installed already; dpkg-buildpackage looks whether that is so. */
  dependenciesMet?: boolean;
}

/**
 * The text of a pbuilderrc (pbuilderrc(5)), to be passed as `--configfile`.
 *
 * No network while building, dependencies installed by apt itself, and no package cache of pbuilder's own:
 * it would be trusted without a check.
 */
export function pbuilderrc({ httpProxy, jobs, dependenciesMet = false }: PbuilderSettings): string {
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
  return `${lines.join('\n')}\n`;
}

/** One word for sh, whatever it holds. */
function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
