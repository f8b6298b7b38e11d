import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileRef, parseDebVersion } from '@fatbuildr/domain';
import { extractArchive } from '../archive/extract.ts';
import { definitionLimits } from '../archive/limits.ts';
import { readDsc } from '../dsc.ts';
import {
  type Imported,
  type ImportedSource,
  inWorkplace,
  notImportable,
  putInPlace,
  renderArtifactFile,
} from './imported.ts';
import { copyPatches, readSeries } from './quilt-series.ts';
import { urlFromWatch } from './watch.ts';

/**
 * Makes a definition of a Debian source package that builds the same version of it. Nothing of the package is run; its
 * files are checked against the `.dsc`, whose signature is not looked at.
 *
 * @param directoryOf where the definition of an artifact is to be; must not exist
 * @throws Failure `rejected` for a package that is damaged, native, of format 1.0, or of a version no definition can have
 */
export async function importDsc(dsc: string, directoryOf: (artifact: string) => string): Promise<Imported> {
  const { name: artifact, version: full, files } = await readDsc(dirname(dsc), basename(dsc));
  const { version, release } = versionOf(basename(dsc), full);
  const { debian, archives } = filesOf(basename(dsc), artifact, files);
  const directory = directoryOf(artifact);
  return inWorkplace(async (work) => {
    const made = join(work, 'made');
    await extractArchive(join(dirname(dsc), debian.name), join(work, 'opened'), debian.name, definitionLimits);
    const packaging = join(work, 'opened/debian');
    await refuseTemplates(basename(dsc), packaging);
    const watch = await readFile(join(packaging, 'watch'), 'utf8').catch(() => '');
    const sources = archives.map(
      ({ id, file }): ImportedSource => ({
        ...{ id, file: file.name, sha256: file.sha256 },
        url: id === artifact ? urlFromWatch(watch, artifact, file.name) : undefined,
      }),
    );
    const left = new Set(['changelog', 'patches', 'files'].map((name) => join(packaging, name)));
    await cp(packaging, join(made, 'deb'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !left.has(path),
    });
    const patches = join(packaging, 'patches');
    await copyPatches(patches, await readSeries(patches), made);
    const text = renderArtifactFile(basename(dsc), { version, release }, 'deb', sources);
    await writeFile(join(made, 'artifact.yml'), text);
    await putInPlace(made, directory);
    return {
      ...{ artifact, directory, version, release },
      local: sources.flatMap(({ id, file, url }) => (url ? [] : [{ id, file: join(dirname(dsc), file) }])),
      notes: sources.flatMap(({ url, file }) => (url ? [`debian/watch says that ${file} is at ${url}`] : [])),
    };
  });
}

function versionOf(dsc: string, full: string): { version: string; release: string } {
  const parsed = parseDebVersion(full);
  if (!parsed || parsed.revision === '') {
    throw notImportable(dsc, 'it is a native package, without an upstream archive');
  }
  if (parsed.epoch !== 0) throw notImportable(dsc, `its version ${full} has an epoch, which definitions have not`);
  if (parsed.upstream.includes(':')) throw notImportable(dsc, `its version ${full} has a colon`);
  return { version: parsed.upstream, release: parsed.revision };
}

/** The archives that dpkg-source(1) knows by their names, format `3.0 (quilt)`. */
function filesOf(dsc: string, artifact: string, files: readonly FileRef[]) {
  const debian = files.find(({ name }) => /\.debian\.tar\.\w+$/.test(name));
  if (!debian) {
    throw notImportable(
      dsc,
      'its format is not 3.0 (quilt)',
      'Make it one: write "3.0 (quilt)" into debian/source/format, and dpkg-source --build',
    );
  }
  const archives = files.flatMap((file) => {
    const [match, id = artifact] = /\.orig(?:-([A-Za-z0-9-]+))?\.tar\.\w+$/.exec(file.name) ?? [];
    return match === undefined ? [] : [{ id, file }];
  });
  const main = archives.find(({ id }) => id === artifact);
  if (!main) throw notImportable(dsc, 'it has no upstream archive');
  return { debian, archives: [main, ...archives.filter((one) => one !== main)] };
}

/** They would be rendered in every build. */
async function refuseTemplates(file: string, directory: string): Promise<void> {
  if (!(await stat(directory).catch(() => undefined))?.isDirectory()) throw notImportable(file, 'it has no debian/');
  const entries = await readdir(directory, { recursive: true });
  const template = entries.find((name) => name.endsWith('.j2'));
  if (template !== undefined) throw notImportable(file, `debian/${template} would be taken for a template`);
}
