import { Failure } from '@fatbuildr/domain';
import { definitionLimits } from '../archive/limits.ts';
import { artifactFiles } from '../open-definition.ts';
import { packDefinition, tooMuch } from '../pack.ts';
import type { FoundDefinition, GitRequest } from '../protocol.ts';
import { fetchCommit } from './fetch-commit.ts';
import { createRepository, type Repository } from './repository.ts';

/** Bytes of a path: the kernel takes 4096 with the directory that it is written to (PATH_MAX). */
const LONGEST_PATH = 3500;

/**
 * Fetches one commit of a repository, and packs the definition in it. Submodules are not fetched; links are packed as
 * links, for the one who opens the archive to judge.
 */
export async function fetchDefinition(request: GitRequest, log: (line: string) => void): Promise<FoundDefinition> {
  log(`Fetching ${request.ref ?? 'the default branch'} of ${request.name}`);
  const repository = await createRepository(request.directory);
  const commit = await fetchCommit(repository, request);
  log(`Commit ${commit}`);
  const subdir = await findDefinition(repository, commit, request);
  const tree = treeAt(commit, subdir);
  for (const submodule of await checkFiles(repository, tree, subdir ?? request.name)) {
    log(`Warning: ${submodule} is a submodule, which is not fetched`);
  }
  await checkOut(repository, tree);
  await packDefinition(repository.directory, request.archive);
  return { commit, subdir };
}

/** A directory of a commit, as git names it; the top for null. */
function treeAt(commit: string, subdir: string | null): string {
  return subdir === null ? `${commit}^{tree}` : `${commit}:${subdir}`;
}

/** The directory that has the metadata. */
async function findDefinition(repository: Repository, commit: string, request: GitRequest): Promise<string | null> {
  const { artifact, name, subdir } = request;
  const places = subdir === null ? [null, artifact] : [subdir];
  const seen: { place: string | null; names: string[] }[] = [];
  for (const place of places) {
    const names = await namesIn(repository, treeAt(commit, place));
    if (names?.some((one) => artifactFiles.includes(one))) return place;
    if (names) seen.push({ place, names });
  }
  const hint = 'Name the directory of the definition: --subdir DIRECTORY';
  const [first] = seen;
  if (!first) throw new Failure('rejected', `${name} has no directory ${subdir} at ${commit}.`, { hint });
  const where = first.place === null ? `${name} has no artifact.yml at its top` : `${first.place} has no artifact.yml`;
  const listed = first.names.slice(0, 20).join(', ');
  throw new Failure('rejected', `${where} at ${commit}; there are ${listed || 'no files'}.`, { hint });
}

/** What lies in a directory; undefined when there is no such directory. */
async function namesIn({ git }: Repository, tree: string): Promise<string[] | undefined> {
  const { status, stdout } = await git(['ls-tree', '-z', '--name-only', tree]);
  return status === 0 ? stdout.split('\0').filter(Boolean) : undefined;
}

/**
 * Looks at what a directory holds before any of it is written; returns its submodules. A small repository can unfold to
 * any number of files.
 *
 * @throws Failure `rejected` for more than a definition may have, and for names that could not be read back
 */
async function checkFiles({ git }: Repository, tree: string, name: string): Promise<string[]> {
  const { status, stdout } = await git(['ls-tree', '-r', '-z', '--long', tree]);
  const files = stdout.split('\0').filter(Boolean).map(readEntry);
  if (status !== 0 || files.length > definitionLimits.entries) {
    throw new Failure('rejected', `${name} has more than ${definitionLimits.entries} files.`, {
      hint: 'Name the directory that holds nothing but the definition: --subdir DIRECTORY',
    });
  }
  for (const { path } of files) checkPath(path, name);
  if (files.reduce((sum, { size }) => sum + size, 0) > definitionLimits.bytes) throw tooMuch(name);
  return files.filter(({ isSubmodule }) => isSubmodule).map(({ path }) => path);
}

function checkPath(path: string, name: string): void {
  const bytes = Buffer.byteLength(path);
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  const hint = 'Rename it in the repository: git mv';
  if (bytes > LONGEST_PATH) {
    throw new Failure('rejected', `${name} has a path of ${bytes} bytes, more than ${LONGEST_PATH}: ${shown}.`, {
      hint,
    });
  }
  // What is no UTF-8 was read as U+FFFD, by which no file is found again.
  if (path.includes('\ufffd')) {
    throw new Failure('rejected', `${name} has a file whose name is not UTF-8: ${shown}.`, { hint });
  }
}

/** A line of git-ls-tree(1): `mode type id size\tpath`, with `-` as the size of a submodule. */
function readEntry(line: string): { path: string; size: number; isSubmodule: boolean } {
  const [, type, size, path = ''] = /^\d+ (\w+) \w+ +(\S+)\t(.*)$/s.exec(line) ?? [];
  return { path, size: Number(size) || 0, isSubmodule: type === 'commit' };
}

/** Writes the files of a directory into the work tree. */
async function checkOut({ git }: Repository, tree: string): Promise<void> {
  for (const step of [
    ['read-tree', tree],
    ['checkout-index', '--all', '--force', '--quiet'],
  ]) {
    const { status, stderr } = await git(step);
    if (status === 0) continue;
    throw new Failure('rejected', `git cannot write the files of the repository: ${stderr.trim().slice(-1000)}`, {
      hint: 'Can they be checked out elsewhere? git clone tells.',
    });
  }
}
