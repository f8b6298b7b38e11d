import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, paragraph } from '@fatbuildr/domain';
import { renderEvr } from '@fatbuildr/domain/rpm';
import { sourceOf as sourceOfDeb } from '../apt/source-of.ts';
import type { PackageFormat } from '../model/repository.ts';
import { sourceOf as sourceOfRpm } from '../rpm/source-of.ts';
import { checkedFile, checkedPackage } from './checked-paths.ts';
import { scratchFile } from './fetch-list.ts';
import type { ListedFile, ListedPackage } from './listed.ts';
import type { Origin } from './origin.ts';

const LARGEST_PACKAGE = 16 * 2 ** 30;

/**
 * The packages of a directory that has no lists, by reading each: it takes as long as reading them all.
 *
 * @returns undefined when there is none
 */
export async function listPlain(origin: Origin, format: PackageFormat): Promise<ListedPackage[] | undefined> {
  const { files, verifier } = origin;
  const packages: ListedPackage[] = [];
  for (const path of await files.packageFiles()) {
    if (path.endsWith('.rpm') !== (format === 'rpm')) continue;
    const to = scratchFile(origin);
    const found = await files.copy(path, to, LARGEST_PACKAGE);
    if (found) packages.push(checkedPackage(await told(origin, to, { path, ...found }), '', path));
    await rm(to, { force: true });
  }
  if (packages.length === 0) return undefined;
  if (verifier) {
    throw new Failure('rejected', `${files.location} has packages but no lists: nothing in it is signed`, {
      hint: 'leave out --key and say --unsigned to believe it as it is',
    });
  }
  origin.line(`${files.location} has no lists; found ${packages.length} packages by reading them`);
  return packages;
}

/** What a package file tells of itself. */
async function told({ reader }: Origin, path: string, file: ListedFile): Promise<ListedPackage> {
  if (file.path.endsWith('.rpm')) {
    const rpm = await reader.readRpm({ path, name: file.path });
    const { name, architecture, sourceRpm, version, release } = rpm;
    const source = sourceOfRpm(architecture === 'src' ? '' : sourceRpm) ?? { name, version: `${version}-${release}` };
    const kind = architecture === 'src' ? 'source' : 'binary';
    return { kind, name, version: renderEvr(rpm), architecture, source, files: [file] };
  }
  const read = await reader.readPackage({ path, name: file.path });
  const control = paragraph(read.fields);
  const version = control.get('Version') ?? '';
  if (read.kind === 'deb') {
    const name = control.get('Package') ?? '';
    const source = sourceOfDeb(control.get('Source'), name, version) ?? { name, version };
    const kind = file.path.endsWith('.udeb') ? 'udeb' : 'binary';
    return { kind, name, version, architecture: control.get('Architecture') ?? '', source, files: [file] };
  }
  const name = control.get('Source') ?? '';
  const beside = read.files.map((each) =>
    checkedFile({ path: `${dirname(file.path)}/${each.name}`, size: each.size, sha256: each.sha256 }, file.path),
  );
  return { kind: 'source', name, version, architecture: 'source', source: { name, version }, files: [file, ...beside] };
}
