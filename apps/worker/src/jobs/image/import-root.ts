import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure, type FileRef, type ImageOrder } from '@fatbuildr/domain';
import type { NewTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { inBytes } from '../limits.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';

/** More than any tool image needs. */
const MOST_BYTES = 20 * 1024 ** 3;
const MOST_ENTRIES = 2_000_000;

const PROGRAM = fileURLToPath(new URL('./unpack_root.py', import.meta.url));

/**
 * Unpacks a root that was made elsewhere. The program runs in a container that has nothing of this host but the archive,
 * to read, and the new tree: whatever an archive tries, that is as far as it gets.
 *
 * @throws Failure `rejected` with what is wrong with the archive
 */
export async function importRoot(
  host: Host,
  job: Job<ImageOrder>,
  { bootstrap, tree, archive }: { bootstrap: string; tree: NewTree; archive: FileRef },
): Promise<void> {
  const path = join(job.workspace, 'archive');
  await job.api.fetchBlob(archive, path);
  job.log.line(`unpacking ${archive.name}, ${inBytes(archive.size)}`);
  let refused: string | undefined;
  const exit = await runInImage(host, job, bootstrap, {
    name: 'unpack',
    command: ['python3', '-I', '/fatbuildr/unpack_root.py', '/fatbuildr/archive', '/fatbuildr/root', archive.name],
    environment: { LANG: 'C.UTF-8', MOST_ENTRIES: `${MOST_ENTRIES}`, MOST_BYTES: `${MOST_BYTES}` },
    mounts: [
      { source: PROGRAM, target: '/fatbuildr/unpack_root.py', readOnly: true },
      { source: path, target: '/fatbuildr/archive', readOnly: true },
      { source: tree.root, target: '/fatbuildr/root' },
    ],
    onOutput(chunk) {
      job.log.output(chunk);
      refused ??= /^refused: (.*)$/m.exec(chunk.toString())?.[1];
    },
  });
  if (exitStatus(exit) === 0) return;
  throw new Failure('rejected', `The archive ${archive.name} is refused: ${refused ?? 'it cannot be unpacked'}.`, {
    hint: 'It must be a tar of the root of a system (gz, bz2, xz, zst), or an OCI archive of it: tar --numeric-owner -C ROOT -czf image.tar.gz .',
    where: archive.name,
  });
}
