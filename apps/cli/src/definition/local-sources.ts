import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { packDirectory } from '@fatbuildr/definition/pack';
import { UsageError } from '../output/report-error.ts';

const run = promisify(execFile);

/** A source that is brought along, as the command line names it. */
export interface LocalSource {
  id: string;
  version: string | undefined;
  /** A directory to pack, or an archive as it is. */
  path: string;
}

/**
 * Reads `[ID#][VERSION@]PATH`; the id is the artifact's by default.
 *
 * @throws {UsageError} when there is no path
 */
export function parseLocalSource(text: string, artifact: string, cwd: string): LocalSource {
  const [, id = artifact, version, path] = /^(?:([^#@/]+)#)?(?:([^@/]+)@)?(.+)$/s.exec(text) ?? [];
  if (path === undefined) {
    throw new UsageError(`"${text}" names no source.`, 'Write [ID#][VERSION@]DIRECTORY, or an archive in its place.');
  }
  return { id, version, path: resolve(cwd, path) };
}

/** tar(1) finds times before this implausible: 1980, where those of zip begin. */
const UNKNOWN_TIME = 315_532_800;

/**
 * The archive of a local source: the file itself, or one that is made in `work` of the directory: without `.git*`, without
 * `debian/` at its top, and without what git does not track unless `untracked`. The same files make the same bytes; times
 * are `SOURCE_DATE_EPOCH`, the last commit's, or fixed.
 *
 * @throws {UsageError} when there is nothing to pack
 */
export async function archiveOfSource(
  { id, version, path }: LocalSource,
  { work, untracked, epoch }: { work: string; untracked: boolean; epoch: string | undefined },
): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UsageError(`There is no ${path}.`);
  if (found.isFile()) return path;
  const top = version === undefined ? id : `${id}-${version}`;
  const archive = join(work, `${top}.tar.gz`);
  const tracked = await trackedFiles(path);
  const seconds = epoch ?? tracked?.committed ?? `${UNKNOWN_TIME}`;
  const listed = untracked ? undefined : tracked?.paths;
  if (listed?.size === 0) {
    throw new UsageError(
      `git tracks no file in ${path}.`,
      'Add them (git add), or take all that is there: --include-git-untracked.',
    );
  }
  await packDirectory(path, archive, {
    top,
    modified: new Date(Number(seconds) * 1000),
    takes: (name) => name !== 'debian' && !/(^|\/)\.git[^/]*$/.test(name) && (listed?.has(name) ?? true),
  });
  return archive;
}

/** What git tracks in a directory, the directories above each file too; undefined where it is no work tree of git. */
async function trackedFiles(
  directory: string,
): Promise<{ paths: Set<string>; committed: string | undefined } | undefined> {
  const git = (...args: string[]) => run('git', ['-C', directory, ...args], { maxBuffer: 1 << 28 });
  const inside = await git('rev-parse', '--is-inside-work-tree').catch(() => undefined);
  if (inside?.stdout.trim() !== 'true') return undefined;
  const { stdout } = await git('ls-files', '-z', '--cached', '--recurse-submodules');
  const files = stdout.split('\0').filter(Boolean);
  const above = files.flatMap((file) => [...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index)));
  const committed = await git('log', '-1', '--format=%ct').catch(() => undefined);
  return { paths: new Set([...files, ...above]), committed: committed?.stdout.trim() || undefined };
}
