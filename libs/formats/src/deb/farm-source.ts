/** The farm's own repository as a build environment sees it. */
export interface FarmRepository {
  /** The URL that holds `dists/`. */
  url: string;
  distribution: string;
  /** The derivatives to draw from, strongest first; each is a component. */
  derivatives: readonly string[];
  /** The `Origin` of its Release file. */
  origin: string;
  /** The instance's public key, armoured. */
  publicKey: string;
}

/** A file to write into the chroot; `path` is absolute inside of it, and belongs to root with mode 0644. */
export interface ChrootFile {
  path: string;
  text: string;
}

const keyPath = '/etc/apt/farm.asc';
const sourcesPath = '/etc/apt/sources.list.d/farm.sources';

/** The files that make apt in the chroot use the farm's repository, checked by its key, above all others. */
export function farmSourceFiles(repository: FarmRepository): ChrootFile[] {
  return [
    { path: keyPath, text: repository.publicKey },
    { path: sourcesPath, text: sourcesText(repository) },
    { path: '/etc/apt/preferences.d/farm', text: pinsText(repository) },
  ];
}

/** Reads the lists of the farm's repository alone, and leaves those of the mirror as they are. */
export const farmUpdateCommand: readonly string[] = [
  'apt-get',
  'update',
  ...['-o', `Dir::Etc::sourcelist=${sourcesPath}`],
  ...['-o', 'Dir::Etc::sourceparts=/dev/null'],
  ...['-o', 'APT::Get::List-Cleanup=0'],
  ...['-o', 'APT::Update::Error-Mode=any'],
];

/** The clock of the host may be behind by so much (s); by default apt takes a repository of 10 s later for wrong. */
const BEHIND = 86_400;

function sourcesText({ url, distribution, derivatives }: FarmRepository): string {
  return `Types: deb
URIs: ${oneLine(url)}
Suites: ${oneLine(distribution)}
Components: ${derivatives.map(oneLine).join(' ')}
Signed-By: ${keyPath}
Date-Max-Future: ${BEHIND}
`;
}

/** From 1000 on a lower version wins too (apt_preferences(5)): what the farm built is what its packages are to be built against. */
function pinsText({ origin, derivatives }: FarmRepository): string {
  const strongest = 1000 * derivatives.length;
  return derivatives
    .map(
      (derivative, index) => `Package: *
Pin: release o=${oneLine(origin)},c=${oneLine(derivative)}
Pin-Priority: ${strongest - 1000 * index}
`,
    )
    .join('\n');
}

function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new RangeError('a line break in an APT source');
  return text;
}
