import { readFile } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';

/** The mount points at or below `directory`, deepest last; proc(5), field 5 of mountinfo. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const points = table.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  return points
    .map((point) => point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point === directory || point.startsWith(`${directory}/`));
}

/**
 * Removes a directory tree and never leaves its file system. Nothing to remove is fine.
 *
 * @throws Failure `infrastructure-failure`, before anything is removed, when something is mounted in it.
 */
export async function removeTree(directory: string): Promise<void> {
  const mounted = await mountsBelow(directory);
  if (mounted.length > 0) {
    throw new Failure(
      'infrastructure-failure',
      `${directory} is not removed: mounted there are ${mounted.join(', ')}`,
      {
        hint: 'Unmount them by hand: umount --lazy PATH',
      },
    );
  }
  await execa('rm', ['-rf', '--one-file-system', '--', directory]);
}
