import { readFileSync } from 'node:fs';
import { execa } from 'execa';

export interface MountPoint {
  path: string;
  /** Options of the file system itself; an overlay's layers are among them. */
  options: string;
}

/** Mounts of this process's namespace in the order they were made. proc_pid_mountinfo(5). */
export function listMounts(file = '/proc/self/mountinfo'): MountPoint[] {
  return parseMountInfo(readFileSync(file, 'utf8'));
}

export function parseMountInfo(text: string): MountPoint[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [front = '', back = ''] = line.split(' - ');
      return { path: unescapeOctal(front.split(' ')[4] ?? ''), options: unescapeOctal(back.split(' ')[2] ?? '') };
    });
}

/** Mounts at `path` and beneath it, in the order they have to go: the last one made first. */
export function mountsBeneath(mounts: readonly MountPoint[], path: string): string[] {
  return mounts
    .map((mount) => mount.path)
    .filter((mounted) => mounted === path || mounted.startsWith(`${path}/`))
    .toReversed();
}

/** Unmounts one mount point; where it stays busy it is detached (`umount -l`), and the answer is `detached`. */
export async function unmount(path: string): Promise<'unmounted' | 'detached'> {
  for (const waitMs of [0, 50, 200, 500]) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (!(await execa('umount', ['--', path], { reject: false })).failed) return 'unmounted';
  }
  await execa('umount', ['--lazy', '--', path], { reject: false });
  return 'detached';
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
