import type { AptMirror } from '@fatbuildr/config';
import { execa } from 'execa';

/** What the tool image of deb needs: the builders, what `prepare` runs, and lintian for the check afterwards. */
const PACKAGES = [
  // the builders; without `mount` cowbuilder fails late, without `iproute2` pbuilder leaves the network on
  ...['cowbuilder', 'pbuilder', 'debootstrap', 'mount', 'procps', 'iproute2', 'gnupg', 'fakeroot'],
  ...['build-essential', 'debhelper', 'dpkg-dev', 'devscripts', 'lintian'],
  // prepare
  ...['python3-jinja2', 'patch', 'bzip2', 'unzip', 'xz-utils', 'zstd'],
  ...['ca-certificates', 'debian-archive-keyring'],
];

export interface DebImageOptions {
  /** Made; must not exist. */
  root: string;
  suite: string;
  architecture: string;
  mirror: AptMirror;
  extraPackages: readonly string[];
  onOutput: (chunk: Buffer) => void;
  signal: AbortSignal;
}

/** Makes the tool image of deb with mmdebstrap, on the host: it installs what the distribution has signed and nothing else. */
export async function makeDebImage(options: DebImageOptions): Promise<void> {
  const { root, suite, architecture, mirror, extraPackages, onOutput, signal } = options;
  const child = execa(
    'mmdebstrap',
    [
      ...['--mode=root', '--variant=apt', `--architectures=${architecture}`],
      `--include=${[...PACKAGES, ...extraPackages].join(',')}`,
      ...(mirror.signedBy === undefined ? [] : [`--keyring=${mirror.signedBy}`]),
      ...[suite, root, mirror.uri],
    ],
    { all: true, buffer: false, cancelSignal: signal, forceKillAfterDelay: 5000, stdin: 'ignore' },
  );
  child.all.on('data', onOutput);
  await child;
}
