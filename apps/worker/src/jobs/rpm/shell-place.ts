import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mount, mountOverlay } from '@fatbuildr/containers';
import type { Job } from '../job.ts';
import type { ShellPlace } from '../shell-place.ts';
import { CHROOT, type Dnf } from './dnf.ts';
import { CONFIG } from './repositories.ts';

/** Where the tool image is in the tree. */
const TOOLS = '/run/fatbuildr';
const COMMAND = 'dnf-in-tree';

/** The tool image within the tree and the tree within the tool image, so that each can be worked on from the other. */
const ENTER = `
set -e
tree=${CHROOT}
directory=$1; shift
mount --make-rprivate /
mkdir -p $tree/dev $tree/proc $tree/sys $tree${TOOLS} $tree/usr/local/sbin
for place in dev proc sys; do mount --rbind /$place $tree/$place; done
mount --rbind / $tree${TOOLS}
install -m 755 ${CONFIG}/${COMMAND} $tree/usr/local/sbin/dnf
exec chroot $tree /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$directory" "$@"
`;

/**
 * A tree in which `dnf` is that of the tool image, called as builds call it: same repositories, keys and checks. Nothing
 * but the command is added to the tree, which seldom has a dnf of its own.
 */
export async function besideDnf(
  job: Job,
  {
    tree,
    image,
    dnf,
    workingDirectory = '/',
    environment,
    mounts: within = [],
  }: {
    /** On this host; changed by whoever uses the shell. */
    tree: string;
    /** The root of the tool image. */
    image: string;
    dnf: Dnf;
    workingDirectory?: string;
    environment: Record<string, string>;
    /** Of the tree. */
    mounts?: readonly Mount[];
  },
): Promise<ShellPlace> {
  const { network, mounts, config, call, home } = dnf;
  const words = ['chroot', TOOLS, '/usr/bin/env', `HOME=${home}`, ...call].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  await writeFile(join(config, COMMAND), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  const { merged, unmount } = await mountOverlay({ lower: [image], workspace: join(job.workspace, 'tools') });
  job.defer(unmount);
  return {
    root: merged,
    environment,
    network,
    mounts: [
      { source: tree, target: CHROOT },
      ...within.map((mount) => ({ ...mount, target: `${CHROOT}${mount.target}` })),
      ...mounts,
    ],
    enter: ['/bin/sh', '-c', ENTER, 'sh', workingDirectory],
  };
}
