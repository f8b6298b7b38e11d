import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  ArtifactName,
  DEB_RESULT_FILE,
  Deb822Error,
  Failure,
  FileRef,
  parseDeb822,
  parseDebVersion,
  withoutEpoch,
} from '@fatbuildr/domain';
import type { SourcePackagePlan } from './plan.ts';

/** The largest .dsc worth reading, in bytes. */
const maxDscBytes = 1024 * 1024;

/**
 * What a Debian source control file says (dsc(5)), signed or not, after all its files were checked to be there with
 * the sizes and sha256 it lists.
 *
 * @throws Failure `rejected` that names the field or the file.
 */
export async function readDsc(directory: string, dsc: string): Promise<SourcePackagePlan> {
  const own = await fileRef(directory, dsc, dsc);
  if (own.size > maxDscBytes) throw refused(dsc, `it is larger than ${maxDscBytes} bytes`);
  const fields = parse(dsc, await readFile(join(directory, dsc), 'utf8'));
  const field = (name: string) => {
    const value = fields.get(name)?.trim();
    if (!value) throw refused(dsc, `the field ${name} is missing`);
    return value;
  };
  const name = field('Source');
  if (!ArtifactName.safeParse(name).success) throw refused(dsc, `${name} is not the name of a source package`);
  const version = field('Version');
  if (!parseDebVersion(version)) throw refused(dsc, `${version} is not a Debian version`);
  const listed = parseFiles(dsc, field('Checksums-Sha256'));
  for (const file of listed) await check(directory, dsc, file);
  return {
    kind: 'dsc',
    name,
    version,
    architectures: field('Architecture').split(/\s+/),
    dsc,
    files: [own, ...listed],
    warnings: [],
  };
}

const PART = /\.(?:diff\.gz|tar\.[a-z0-9]+(?:\.asc)?)$/;

/**
 * Checks that the files of a source package are called as those of a repository are, where they keep their names.
 *
 * @throws Failure `rejected`
 */
export function checkFileNames({ name, version, dsc, files }: SourcePackagePlan): void {
  const called = `${name}_${withoutEpoch(version)}.dsc`;
  if (dsc !== called) {
    throw new Failure('rejected', `The source package ${dsc} is refused: it is ${called} by what it says of itself`, {
      hint: `Give it that name again: mv ${dsc} ${called}`,
      where: dsc,
    });
  }
  const isPart = (file: string) => file.startsWith(`${name}_`) && DEB_RESULT_FILE.test(file) && PART.test(file);
  const odd = files.find((file) => file.name !== dsc && !isPart(file.name));
  if (odd !== undefined) throw refused(dsc, `${odd.name}, which it lists, is not called as a part of ${name}`);
}

function parse(dsc: string, text: string) {
  try {
    const [only, ...more] = parseDeb822(text);
    if (!only || more.length > 0) throw refused(dsc, 'expected exactly one paragraph');
    return only;
  } catch (error) {
    if (!(error instanceof Deb822Error)) throw error;
    throw refused(`${dsc}:${error.line}`, error.message);
  }
}

function parseFiles(dsc: string, value: string): FileRef[] {
  const files = value.split('\n').flatMap((line) => {
    const [sha256, size, name, ...more] = line.trim().split(/\s+/);
    if (sha256 === '') return [];
    const file = FileRef.safeParse({ name, size: Number(size), sha256 });
    if (!file.success || more.length > 0) throw refused(dsc, `"${line.trim()}" in Checksums-Sha256 is not a file`);
    return [file.data];
  });
  if (new Set(files.map(({ name }) => name)).size < files.length) throw refused(dsc, 'a file is listed twice');
  return files;
}

async function check(directory: string, dsc: string, listed: FileRef): Promise<void> {
  const found = await fileRef(directory, dsc, listed.name);
  if (found.size !== listed.size) {
    throw refused(dsc, `${listed.name} has ${found.size} bytes, ${listed.size} are listed`);
  }
  if (found.sha256 !== listed.sha256) {
    throw refused(dsc, `${listed.name} has sha256 ${found.sha256}, ${listed.sha256} is listed`);
  }
}

async function fileRef(directory: string, dsc: string, name: string): Promise<FileRef> {
  const path = join(directory, name);
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) throw refused(dsc, `its file ${name} was not sent along`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name, size: found.size, sha256: hash.digest('hex') };
}

function refused(where: string, why: string): Failure {
  return new Failure('rejected', `The source package ${where} is refused: ${why}`, {
    hint: 'Make it anew with dpkg-source, or get the whole of it: apt-get source --download-only NAME',
    where,
  });
}
