import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure, FileName, SourceName } from '@fatbuildr/domain';
import {
  type Header,
  locateRpmParts,
  number,
  numbers,
  parseHeader,
  strings,
  text,
  UnreadableRpm,
} from '@fatbuildr/domain/rpm';
import { detectPacking, tarStream } from '../archive/decompress.ts';
import { refusedSourceRpm } from '../source-rpm.ts';
import { readCpio } from './cpio.ts';
import {
  type Imported,
  type ImportedSource,
  inWorkplace,
  notImportable,
  putInPlace,
  renderArtifactFile,
} from './imported.ts';
import { copyPatches } from './quilt-series.ts';
import { readSpec, type SpecFacts, specTemplate } from './spec-template.ts';

/** Tags of a source package's header. */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  flags: 1037,
  digests: 1035,
  bases: 1117,
  source: 1106,
} as const;
const DIGEST_ALGORITHM = 5011;
const SHA256 = 8;
const SPEC_FILE = 1 << 5;
const MOST_BYTES = 1 << 30;
/** Archives that `%setup` knows; a zip would be packed anew, under another name than the spec file has. */
const ARCHIVE = /\.(?:tar(?:\.(?:gz|bz2|xz|lzma|zst))?|tgz|tbz2?|txz)$/;

/**
 * Makes a definition of a source RPM that builds the same version of it. Nothing of the package is run, its spec file
 * is not parsed as rpm would; each file is checked against the digest that the header has.
 *
 * @param directoryOf where the definition of an artifact is to be, and beside it, called `.sources`, the archives of which
 * no URL is known; must not exist
 * @throws Failure `rejected` for a package that is damaged, or none that a definition can say
 */
export async function importSourceRpm(file: string, directoryOf: (artifact: string) => string): Promise<Imported> {
  const srpm = basename(file);
  const { header, end } = await readHeader(file);
  const artifact = text(header, TAG.name) ?? '';
  const version = text(header, TAG.version) ?? '';
  if (number(header, TAG.source) === undefined) throw notImportable(srpm, 'it is no source package');
  if (!SourceName.safeParse(artifact).success) {
    throw notImportable(srpm, `${artifact} is no name of an artifact, which has letters, digits and "+._-"`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9.+~_]*$/.test(version)) throw notImportable(srpm, `its version is ${version}`);
  const directory = directoryOf(artifact);
  return inWorkplace(async (work) => {
    const [opened, made] = [join(work, 'opened'), join(work, 'made')];
    const digests = await unpack(file, header, end, opened);
    const { spec, others } = namesIn(header, srpm);
    const template = others.find((name) => name.endsWith('.j2'));
    if (template !== undefined) throw notImportable(srpm, `its source ${template} would be taken for a template`);
    const specFile = await readFile(join(opened, spec), 'utf8');
    const facts = readSpec(specFile, { name: artifact, version });
    const release = withoutTag(facts.release ?? text(header, TAG.release) ?? '');
    const sources = archivesOf(srpm, artifact, version, others, facts, digests);
    const patches = facts.patchesInOrder ? patchesOf(facts, others) : [];

    await mkdir(join(made, 'rpm'), { recursive: true });
    await copyPatches(opened, patches, made);
    await writeFile(join(made, 'rpm', `${artifact}.spec`), specTemplate(specFile, { withPatches: patches.length > 0 }));
    const taken = new Set([...patches, ...sources.map((source) => source.file)]);
    const plain = others.filter((name) => !taken.has(name));
    for (const name of plain) await copyFile(join(opened, name), join(made, 'rpm', name));
    await writeFile(join(made, 'artifact.yml'), renderArtifactFile(srpm, { version, release }, 'rpm', sources));
    await putInPlace(made, directory);

    const local = sources.filter(({ url }) => url === undefined);
    const archives = `${directory}.sources`;
    if (local.length > 0) await mkdir(archives, { recursive: true });
    for (const { file: name } of local) await copyFile(join(opened, name), join(archives, name));
    return {
      ...{ artifact, directory, version, release },
      local: local.map(({ id, file: name }) => ({ id, file: join(archives, name) })),
      notes: sources.flatMap(({ url, file: name }) => (url ? [`The spec file says that ${name} is at ${url}`] : [])),
    };
  });
}

/** A release without the tag of the distribution that it was built for, and what builds of it add: the farm has its own. */
function withoutTag(release: string): string {
  return release.replace(/\.(?:el|fc|amzn|suse)\d.*$/, '');
}

/** The main header, and where the payload begins. */
async function readHeader(file: string): Promise<{ header: Header; end: number }> {
  await using handle = await open(file);
  const read = async (offset: number, length: number) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const parts = await locateRpmParts(read);
    const { start, end } = parts.header;
    return { header: parseHeader(await read(start, end - start), 'the main header'), end };
  } catch (error) {
    if (error instanceof UnreadableRpm) throw refusedSourceRpm(basename(file), error.message);
    throw error;
  }
}

/** Writes the files of the payload, which is at `start`, into `work`; returns the sha256 of each by its name. */
async function unpack(file: string, header: Header, start: number, work: string): Promise<Map<string, string>> {
  const srpm = basename(file);
  if (number(header, DIGEST_ALGORITHM) !== SHA256) {
    throw notImportable(srpm, 'its digests are not sha256: it is older than RPM 4.6', 'Make it anew with rpmbuild -bs');
  }
  const declared = strings(header, TAG.digests);
  const wanted = new Map(strings(header, TAG.bases).map((name, index) => [name, declared[index] ?? '']));
  const odd = [...wanted.keys()].find((name) => !FileName.safeParse(name).success);
  if (odd !== undefined) throw notImportable(srpm, `it has a file called "${odd}"`);
  await mkdir(work);
  const payload = join(work, '.payload');
  await pipeline(createReadStream(file, { start }), createWriteStream(payload));
  const packing = await detectPacking(payload);
  const found = new Map<string, string>();
  try {
    for await (const { name, content } of readCpio(tarStream(payload, packing, srpm), MOST_BYTES)) {
      const sha256 = createHash('sha256').update(content).digest('hex');
      if (wanted.get(name) !== sha256) throw new UnreadableRpm(`its file ${name} is not what the header says`);
      await writeFile(join(work, name), content);
      found.set(name, sha256);
    }
  } catch (error) {
    if (error instanceof UnreadableRpm) throw refusedSourceRpm(srpm, error.message);
    if (error instanceof Failure && error.outcome === 'rejected')
      throw refusedSourceRpm(srpm, 'its payload is damaged');
    throw error;
  }
  const missing = [...wanted.keys()].find((name) => !found.has(name));
  if (missing !== undefined) throw refusedSourceRpm(srpm, `its file ${missing} is missing`);
  return found;
}

function namesIn(header: Header, srpm: string): { spec: string; others: string[] } {
  const names = strings(header, TAG.bases);
  const flags = numbers(header, TAG.flags);
  const spec = names.find((_, index) => ((flags[index] ?? 0) & SPEC_FILE) !== 0);
  if (spec === undefined) throw refusedSourceRpm(srpm, 'it has no spec file');
  return { spec, others: names.filter((name) => name !== spec) };
}

/** In the order in which the spec file declares them, those last that it does not seem to. */
function archivesOf(
  srpm: string,
  artifact: string,
  version: string,
  names: readonly string[],
  { declarations }: SpecFacts,
  digests: ReadonlyMap<string, string>,
): ImportedSource[] {
  const declared = declarations.filter(({ kind }) => kind === 'source').map(({ value }) => value);
  const place = (name: string) => {
    const index = declared.findIndex((value) => fileOf(value) === name);
    return index < 0 ? declared.length : index;
  };
  const archives = names.filter((name) => ARCHIVE.test(name)).toSorted((a, b) => place(a) - place(b));
  if (archives.length === 0) throw notImportable(srpm, 'it has no upstream archive (tar)');
  return archives.map((file, index) => ({
    id: index === 0 ? artifact : `source${index}`,
    file,
    sha256: digests.get(file) ?? '',
    url: urlOf(declared[place(file)], file, version),
  }));
}

/** What a source is called: the end of its URL, or of its fragment. */
function fileOf(value: string): string {
  return value.split('/').at(-1) ?? value;
}

/** The template of a URL; undefined where there is none, or one that macros make up. */
function urlOf(value: string | undefined, file: string, version: string): string | undefined {
  if (value === undefined || !/^https?:\/\/[^%\s]+$/.test(value)) return undefined;
  const [url = '', renamed] = value.split('#');
  const template = url.replaceAll(version, '{{ version }}');
  return renamed === undefined && fileOf(url) === file ? template : `${template}!${file}`;
}

/** The patches by their declarations; none unless each of them is there. */
function patchesOf({ declarations }: SpecFacts, names: readonly string[]): string[] {
  const patches = declarations.filter(({ kind }) => kind === 'patch').map(({ value }) => fileOf(value));
  return patches.every((name) => names.includes(name)) ? patches : [];
}
