import { Failure } from '@fatbuildr/domain';
import { checkedFile } from './checked-paths.ts';
import { bringList } from './fetch-list.ts';
import { bringHead } from './heads.ts';
import type { ListedPackage } from './listed.ts';
import type { Origin } from './origin.ts';

/** Which part of a directory of RPM repositories. */
export interface RpmPart {
  suite: string;
  component: string;
  /** As dnf's `$basearch`. */
  architectures: readonly string[];
}

/** What directories of source packages are called. */
const SOURCES = ['source', 'SRPMS', 'src'];

/**
 * The packages of an RPM repository, by its `primary` list, checked against `repomd.xml`, and that against the key; or of
 * all that are in the directories of a distribution and derivative, as Fatbuildr keeps them.
 *
 * @returns undefined when there is none
 * @throws Failure `rejected`
 */
export async function listRpm(origin: Origin, { suite, component, architectures }: RpmPart) {
  const single = await listRepository(origin, '');
  if (single) return single;
  const below = `${suite}/${component}`;
  for (const top of ['', `${component}/`, `${below}/`, `rpm/${below}/`]) {
    const found: ListedPackage[][] = [];
    for (const directory of [...architectures, ...SOURCES]) {
      const packages = await listRepository(origin, `${top}${directory}/`);
      if (packages) found.push(packages);
    }
    if (found.length > 0) return found.flat();
  }
  return undefined;
}

/** @param top where it is: empty, or ending in a slash */
async function listRepository(origin: Origin, top: string): Promise<ListedPackage[] | undefined> {
  const head = `${top}repodata/repomd.xml`;
  const path = await bringHead(origin, head, `${head}.asc`);
  if (path === undefined) return undefined;
  const { indexes } = await origin.reader.readList('repomd', { path, name: head });
  const list = await bringList(
    origin,
    indexes.filter(({ type }) => type === 'primary'),
    head,
    (file) => [`${top}${file.path}`],
  );
  if (!list) {
    throw new Failure('rejected', `${head} leads to no primary list`, {
      hint: 'the repository is not whole, or changed meanwhile; try again',
    });
  }
  const packages = await origin.reader.readList('rpm-list', list);
  origin.line(`${top}${list.name}: ${packages.length} packages`);
  const passedOver = indexes.filter(({ type }) => ['group', 'updateinfo', 'modules'].includes(type));
  for (const { type } of passedOver) origin.line(`${top}repodata: ${type} is not taken over`);
  return packages.map((one) => ({
    ...one,
    files: one.files.map((file) => checkedFile({ ...file, path: `${top}${file.path}` }, list.name)),
  }));
}
