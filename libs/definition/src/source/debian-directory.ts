import { chmod, cp, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChangelogEntry, Deb822Error, Failure, parseDeb822, renderDebChangelog } from '@fatbuildr/domain';

const quilt = '3.0 (quilt)';

/**
 * Makes `debian/` of a source tree from the definition's `deb/`: upstream's own is removed, the changelog is ours.
 *
 * @throws Failure `rejected` when `control` is missing, broken or of another source, or the source format is not
 * `3.0 (quilt)`.
 */
export async function makeDebianDirectory(
  definition: string,
  tree: string,
  source: string,
  changelog: readonly ChangelogEntry[],
): Promise<string> {
  await checkControl(join(definition, 'deb'), source);
  const debian = join(tree, 'debian');
  await rm(debian, { recursive: true, force: true });
  await cp(join(definition, 'deb'), debian, { recursive: true, verbatimSymlinks: true });
  await replaceFile(join(debian, 'changelog'), renderDebChangelog(source, changelog));
  await setSourceFormat(debian);
  await chmod(join(debian, 'rules'), 0o755).catch(() => {
    throw new Failure('rejected', 'deb/rules is missing', {
      hint: 'With debhelper it is "#!/usr/bin/make -f" and a rule "%:" that runs "dh $@"',
      where: 'deb/rules',
    });
  });
  return debian;
}

/** Makes `names`, files in `patches`, the patches of `debian/`; those it has stay when there are none. */
export async function replacePatches(debian: string, patches: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const target = join(debian, 'patches');
  await rm(target, { recursive: true, force: true });
  await cp(patches, target, { recursive: true });
  await writeFile(join(target, 'series'), names.map((name) => `${name}\n`).join(''));
}

async function checkControl(deb: string, source: string): Promise<void> {
  const where = 'deb/control';
  const text = await readFile(join(deb, 'control'), 'utf8').catch(() => {
    throw new Failure('rejected', 'deb/control is missing', { where });
  });
  let declared: string | undefined;
  try {
    declared = parseDeb822(text)[0]?.get('Source');
  } catch (error) {
    if (!(error instanceof Deb822Error)) throw error;
    throw new Failure('rejected', `deb/control:${error.line}: ${error.message}`, { where: `${where}:${error.line}` });
  }
  if (declared !== source) {
    throw new Failure('rejected', `deb/control: expected "Source: ${source}", found "${declared ?? 'no Source'}"`, {
      where,
    });
  }
}

async function setSourceFormat(debian: string): Promise<void> {
  const directory = join(debian, 'source');
  const found = await lstat(directory).catch(() => undefined);
  if (found && !found.isDirectory()) {
    throw new Failure('rejected', 'deb/source is not a directory', { where: 'deb/source' });
  }
  await mkdir(directory, { recursive: true });
  const declared = await readFile(join(directory, 'format'), 'utf8').catch(() => quilt);
  if (declared.trim() !== quilt) {
    throw new Failure('rejected', `deb/source/format: expected "${quilt}", found "${declared.trim()}"`, {
      hint: 'Remove the file: a definition is always built with an upstream tarball and patches',
      where: 'deb/source/format',
    });
  }
  await replaceFile(join(directory, 'format'), `${quilt}\n`);
}

/** Never through a link that the definition may have put there. */
async function replaceFile(path: string, text: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, text, { flag: 'wx' });
}
