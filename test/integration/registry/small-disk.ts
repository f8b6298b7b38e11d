import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own, which can be full. */
export interface SmallDisk {
  directory: string;
  /** Takes all the room that is left, to the last byte. */
  fill(): Promise<void>;
  /** Gives it back. */
  makeRoom(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes an ext4 of 64 MiB in a file and mounts it. */
export async function smallDisk(): Promise<SmallDisk> {
  const base = await mkdtemp(join(tmpdir(), 'fatbuildr-disk-'));
  const image = join(base, 'image');
  const directory = join(base, 'mounted');
  await mkdir(directory);
  await run('truncate', ['--size=64M', image]);
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
  await run('mount', ['-o', 'loop', image, directory]);
  const filler = join(directory, 'filler');
  return {
    directory,
    async fill() {
      const file = await open(filler, 'a');
      try {
        for (let size = 1 << 20; size > 0; size >>= 1) await writeAsLongAs(file, Buffer.alloc(size, 1));
        await file.sync();
      } finally {
        await file.close();
      }
    },
    makeRoom: () => rm(filler, { force: true }),
    async remove() {
      // Somebody who was just started may have it open still.
      await run('umount', ['--lazy', directory]);
      await rm(base, { recursive: true });
    },
  };
}

/** Writes the same again and again until the disk takes no more. */
async function writeAsLongAs(file: Awaited<ReturnType<typeof open>>, piece: Buffer): Promise<void> {
  try {
    for (;;) await file.writeFile(piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
