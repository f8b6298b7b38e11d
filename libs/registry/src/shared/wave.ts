import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replace, syncDirectory } from './durable.ts';

/** Bounded by open files; several, because the disk syncs many in the time of one. */
const AT_ONCE = 16;

/**
 * Files that become durable together. Each is written under a name that nobody looks for; `settle` syncs them side by
 * side, gives them their names and syncs every directory once. So a name never stands for half a file.
 */
export interface Wave {
  /** Writes a file. @param modified its modification time, now by default. @returns what `place` wants */
  stage(content: string | Uint8Array | AsyncIterable<Uint8Array>, modified?: Date): Promise<string>;
  /** Says which name a staged file, or any file of ours on this file system, is to have. A file there is replaced. */
  place(staged: string, path: string): void;
  /** Makes `path` another name of a file that is durable already. */
  link(file: string, path: string): void;
  /** Makes `path` a symbolic link. */
  symlink(target: string, path: string): void;
  settle(): Promise<void>;
  /** Removes what did not come to its name. */
  abandon(): Promise<void>;
}

/** @param onName told of each name that is to be given */
export function openWave(scratch: string, onName: (path: string) => void = () => {}): Wave {
  const staged = new Set<string>();
  let placed: { path: string; give: () => Promise<void> }[] = [];
  const place = (path: string, give: () => Promise<void>) => {
    onName(path);
    placed.push({ path, give });
  };

  return {
    async stage(content, modified) {
      const path = join(scratch, randomBytes(12).toString('hex'));
      staged.add(path);
      const file = await open(path, 'wx', 0o644);
      try {
        await file.writeFile(content);
        if (modified) await file.utimes(modified, modified);
      } finally {
        await file.close();
      }
      return path;
    },
    place(from, to) {
      place(to, async () => {
        await syncFile(from);
        await rename(from, to);
        staged.delete(from);
      });
    },
    link: (from, to) => place(to, () => replace(to, scratch, (temporary) => link(from, temporary))),
    symlink: (target, to) => place(to, () => replace(to, scratch, (temporary) => symlink(target, temporary))),
    async settle() {
      const names = placed;
      placed = [];
      const directories = new Set<string>();
      for (const dir of new Set(names.map(({ path }) => dirname(path)))) {
        directories.add(dir);
        const first = await mkdir(dir, { recursive: true, mode: 0o755 });
        // A directory that was made is entered durably into the one above it.
        for (let made = dir; first !== undefined && made.length >= first.length; made = dirname(made)) {
          directories.add(dirname(made));
        }
      }
      await sideBySide(names, ({ give }) => give());
      await sideBySide([...directories], syncDirectory);
    },
    async abandon() {
      for (const path of staged) await rm(path, { force: true });
      staged.clear();
    },
  };
}

/** Does `work` for each, several at a time; the first that fails ends it, once those under way are over. */
export async function sideBySide<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const lane = async () => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  for (const each of lanes) if (each.status === 'rejected') throw each.reason;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
