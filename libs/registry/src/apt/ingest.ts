import { createHash } from 'node:crypto';
import { Failure, type Paragraph, paragraph, withoutEpoch } from '@fatbuildr/domain';
import type { IncomingFile, IngestedFile, IngestedPackage } from '../model/package.ts';
import { chunksOf } from '../shared/durable.ts';
import { checkFacts } from '../shared/facts-limit.ts';
import { sideBySide } from '../shared/wave.ts';
import { renderContents } from './contents.ts';
import { ARCHITECTURE, PACKAGE_NAME, VERSION } from './read/names.ts';
import type { PackageFile } from './read/read-package.ts';
import type { ControlFile } from './read/source.ts';
import { required } from './read/text.ts';
import { sourceOf } from './source-of.ts';
import { binaryStanza, type StanzaFile, sourceStanza } from './stanza.ts';

/** Reads one untrusted file: `readPackage` of a reading session, or in tests the plain one. */
export type PackageReader = (file: { path: string; name: string }) => Promise<PackageFile>;

const BINARY = /\.(deb|udeb|ddeb)$/;
const NOT_PUBLISHED = /\.(changes|buildinfo)$/;
const RELATIONS =
  /^(pre-depends|depends|recommends|suggests|enhances|breaks|conflicts|replaces|provides|built-using|static-built-using|build-(depends|conflicts)(-arch|-indep)?)$/i;

/**
 * The packages among the files of a build: each binary package, and each `.dsc` with the files that it names.
 * `.changes` and `.buildinfo` files are passed over.
 *
 * @throws Failure `rejected` when a file is not what its name or digest says, is missing, or belongs to no package
 */
export async function ingestAptPackages(
  files: readonly IncomingFile[],
  read: PackageReader,
): Promise<IngestedPackage[]> {
  const packages: IngestedPackage[] = [];
  const left = new Map(files.filter((file) => !NOT_PUBLISHED.test(file.name)).map((file) => [file.name, file]));
  for (const file of [...left.values()].filter(({ name }) => name.endsWith('.dsc'))) {
    packages.push(checkFacts(await ingestSource(file, left, await read(file))));
  }
  for (const used of packages.flatMap((source) => source.files)) left.delete(baseName(used.path));
  const binaries = [...left.values()].filter(({ name }) => BINARY.test(name));
  const [stranger] = [...left.keys()].filter((name) => !BINARY.test(name));
  if (stranger !== undefined) {
    throw new Failure('rejected', `${stranger} is neither a package nor named by a .dsc that came with it`);
  }
  const ingested: IngestedPackage[] = [];
  await sideBySide([...binaries.entries()], async ([index, file]) => {
    ingested[index] = checkFacts(await ingestBinary(file, await read(file)));
  });
  return [...packages, ...ingested];
}

async function ingestBinary(file: IncomingFile, deb: PackageFile): Promise<IngestedPackage> {
  if (deb.kind !== 'deb') throw misread(file);
  const control = paragraph(deb.fields);
  const [name, version, architecture] = identity(control, 'Package');
  const extension = BINARY.exec(file.name)?.[1] as string;
  const canonical = `${name}_${withoutEpoch(version)}_${architecture}.${extension}`;
  if (file.name !== canonical) {
    throw new Failure('rejected', `${file.name} holds the package that is called ${canonical}`, {
      hint: 'build it again: a package is published under the name that its control file gives',
    });
  }
  const md5 = await checkDigests(file);
  const source = checkedSource(control, name, version);
  const path = `${poolDirectory(source.name, file.sha256)}/${canonical}`;
  return {
    kind: extension === 'udeb' ? 'udeb' : 'binary',
    name,
    version,
    architecture,
    source,
    section: control.get('Section') ?? '',
    summary: control.get('Description')?.split('\n')[0] ?? '',
    relations: relationsOf(control),
    digest: file.sha256,
    content: file.sha256,
    parts: {
      // The empty line ends the stanza in an index.
      stanza: `${binaryStanza(deb.fields, path, { name: canonical, size: file.size, md5, sha256: file.sha256 })}\n`,
      contents: renderContents(name, control.get('Section') ?? '', deb.contents),
    },
    files: [{ path, size: file.size, sha256: file.sha256, from: file.path }],
  };
}

async function ingestSource(
  dsc: IncomingFile,
  incoming: ReadonlyMap<string, IncomingFile>,
  content: PackageFile,
): Promise<IngestedPackage> {
  if (content.kind !== 'dsc') throw misread(dsc);
  const control = paragraph(content.fields);
  const [name, version] = identity(control, 'Source');
  const canonical = `${name}_${withoutEpoch(version)}.dsc`;
  if (dsc.name !== canonical) {
    throw new Failure('rejected', `${dsc.name} holds the source package that is called ${canonical}`);
  }
  const directory = poolDirectory(name, dsc.sha256);
  const named = content.files.map((file) => findNamed(dsc, file, incoming));
  const stanzaFiles: StanzaFile[] = [
    { name: dsc.name, size: dsc.size, md5: await checkDigests(dsc), sha256: dsc.sha256 },
  ];
  const files: IngestedFile[] = [];
  for (const file of [dsc, ...named]) {
    files.push({ path: `${directory}/${file.name}`, size: file.size, sha256: file.sha256, from: file.path });
  }
  for (const file of content.files) stanzaFiles.push({ ...file, md5: file.md5 as string });
  return {
    kind: 'source',
    name,
    version,
    architecture: 'source',
    source: { name, version },
    section: '',
    summary: '',
    relations: relationsOf(control),
    digest: dsc.sha256,
    content: dsc.sha256,
    parts: { stanza: `${sourceStanza(content.fields, directory, stanzaFiles)}\n` },
    files,
  };
}

function findNamed(
  dsc: IncomingFile,
  named: ControlFile['files'][number],
  incoming: ReadonlyMap<string, IncomingFile>,
) {
  const file = incoming.get(named.name);
  if (!file) throw new Failure('rejected', `${dsc.name} names ${named.name}, which did not come with it`);
  if (file.sha256 !== named.sha256 || file.size !== named.size) {
    throw new Failure(
      'rejected',
      `${named.name} is not the file that ${dsc.name} names: expected sha256 ${named.sha256}, found ${file.sha256}`,
    );
  }
  return file;
}

/** Checks size and sha256 of a file. @returns its md5, which old clients ask for */
async function checkDigests(file: IncomingFile): Promise<string> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let size = 0;
  for await (const chunk of chunksOf(file.path, file.size)) {
    size += chunk.length;
    sha256.update(chunk);
    md5.update(chunk);
  }
  const found = sha256.digest('hex');
  if (found !== file.sha256 || size !== file.size) {
    throw new Failure(
      'publish-failure',
      `${file.name} is damaged: expected ${file.size} bytes with sha256 ${file.sha256}, found ${size} with ${found}`,
    );
  }
  return md5.digest('hex');
}

/** Checked again: the reader is not trusted, and these become paths. */
function identity(control: Paragraph, nameField: 'Package' | 'Source'): [string, string, string] {
  const what = 'what the reader made of it';
  return [
    required(control, nameField, PACKAGE_NAME, what),
    required(control, 'Version', VERSION, what),
    nameField === 'Source' ? 'source' : required(control, 'Architecture', ARCHITECTURE, what),
  ];
}

function checkedSource(control: Paragraph, name: string, version: string): { name: string; version: string } {
  const value = control.get('Source');
  const source = sourceOf(value, name, version);
  if (source) return source;
  throw new Failure('rejected', `the package ${name} has a Source field that is none: "${value?.slice(0, 80)}"`);
}

/** A directory of its own for every digest: one ready `.dsc` built for two distributions yields equal file names. */
function poolDirectory(source: string, digest: string): string {
  const prefix = source.startsWith('lib') ? source.slice(0, 4) : source.slice(0, 1);
  return `pool/${prefix}/${source}/${digest.slice(0, 32)}`;
}

function relationsOf(control: Paragraph): Record<string, string> {
  return Object.fromEntries(
    control.fields.filter(({ name }) => RELATIONS.test(name)).map(({ name, value }) => [name, value]),
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function misread(file: IncomingFile): Failure {
  return new Failure('infrastructure-failure', `the reader took ${file.name} for another kind of file`);
}
