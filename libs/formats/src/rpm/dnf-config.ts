/** A repository as dnf is told of it: addresses are real ones, without variables. */
export interface DnfRepository {
  id: string;
  baseurls: readonly string[];
  /** A URL that dnf may read; undefined: nothing of it is checked. */
  gpgkey: string | undefined;
  /** Whether its metadata is signed too. */
  signedMetadata?: boolean;
  /** 1 to 99; what a lower one has, a higher one does not give. */
  priority?: number;
  /** Asked anew for every transaction. */
  alwaysFresh?: boolean;
  /** Further keys of dnf.conf(5); what is said above goes before. */
  options?: Readonly<Record<string, string>>;
}

/** Metadata older than this is fetched anew before anything is resolved. */
const EXPIRES = '6h';

/** The text of a dnf.conf (dnf.conf(5)) that knows these repositories and no others. */
export function dnfConfig(repositories: readonly DnfRepository[], { proxyUrl }: { proxyUrl: string }): string {
  const main = {
    proxy: proxyUrl,
    reposdir: '/dev/null',
    varsdir: '/dev/null',
    metadata_expire: EXPIRES,
    install_weak_deps: 'False',
    tsflags: 'nodocs',
    keepcache: 'False',
    best: 'True',
    assumeyes: 'True',
    retries: '3',
    logdir: '/tmp',
  };
  return [section('main', main), dnfRepositoryFile(repositories)].join('\n');
}

/** The text of a `.repo` file with these repositories. */
export function dnfRepositoryFile(repositories: readonly DnfRepository[]): string {
  return repositories.map((one) => section(one.id, repositoryKeys(one))).join('\n');
}

function repositoryKeys({ id, baseurls, gpgkey, signedMetadata, priority, alwaysFresh, options }: DnfRepository) {
  return {
    ...options,
    name: id,
    baseurl: baseurls.join(' '),
    gpgcheck: gpgkey === undefined ? '0' : '1',
    ...(gpgkey === undefined ? {} : { gpgkey }),
    repo_gpgcheck: signedMetadata ? '1' : '0',
    ...(priority === undefined ? {} : { priority: `${priority}` }),
    ...(alwaysFresh ? { metadata_expire: '0' } : {}),
  };
}

function section(name: string, keys: Record<string, string>): string {
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${oneLine(value)}`);
  return `[${oneLine(name)}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new RangeError('a line break in a dnf.conf');
  return text;
}
