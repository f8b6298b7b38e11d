import type { AptMirror } from '@fatbuildr/config';
import { execa } from 'execa';

/** mkosi, what it installs packages with, and what unpacks imported images. */
const PACKAGES = [
  ...['mkosi', 'debian-archive-keyring', 'dnf', 'rpm', 'ca-certificates'],
  ...['bzip2', 'cpio', 'mount', 'procps', 'tar', 'xz-utils', 'zstd'],
];

export interface BootstrapOptions {
  /** Made; must not exist. */
  root: string;
  suite: string;
  architecture: string;
  mirror: AptMirror;
  /** mmdebstrap, or what is called in its place. */
  command: readonly [string, ...string[]];
  onOutput: (chunk: Buffer) => void;
  signal: AbortSignal;
}

/** Makes the root that mkosi runs in with mmdebstrap, on the host: it installs what Debian has signed and nothing else. */
export async function makeBootstrap(options: BootstrapOptions): Promise<void> {
  const { root, suite, architecture, mirror, command, onOutput, signal } = options;
  const [program, ...first] = command;
  const child = execa(
    program,
    [
      ...first,
      ...['--mode=root', '--variant=apt', `--architectures=${architecture}`],
      `--include=${PACKAGES.join(',')}`,
      ...(mirror.signedBy === undefined ? [] : [`--keyring=${mirror.signedBy}`]),
      ...[suite, root, mirror.uri],
    ],
    { all: true, buffer: false, cancelSignal: signal, forceKillAfterDelay: 5000, stdin: 'ignore' },
  );
  child.all.on('data', onOutput);
  await child;
}
