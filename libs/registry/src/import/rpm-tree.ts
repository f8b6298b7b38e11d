import { SOURCE, targetsOf } from '../rpm/layout.ts';
import { inTurns } from '../shared/in-turns.ts';
import { ChangedOrigin } from './changed-origin.ts';
import { checkedPackage } from './checked-paths.ts';
import { bringList, byName } from './fetch-list.ts';
import { bringHead } from './heads.ts';
import type { ListedMetadata, ListedPackage, Listing } from './listed.ts';
import { bringMetadata } from './metadata.ts';
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
 * What an RPM repository has, by its `primary` list, checked against `repomd.xml`, and that against the key; or what all
 * have that are in the directories of a distribution and derivative, as Fatbuildr keeps them.
 *
 * @returns undefined when there is none
 * @throws Failure `rejected`
 */
export async function listRpm(
  origin: Origin,
  { suite, component, architectures }: RpmPart,
): Promise<Listing | undefined> {
  const single = await listRepository(origin, '', (packages) => directoriesFor(packages, architectures));
  if (single) return single;
  const below = `${suite}/${component}`;
  for (const top of ['', `${component}/`, `${below}/`, `rpm/${below}/`]) {
    const found: Listing[] = [];
    for (const directory of [...architectures, ...SOURCES]) {
      const own = [SOURCES.includes(directory) ? SOURCE : directory];
      const listing = await listRepository(origin, `${top}${directory}/`, () => own);
      if (listing) found.push(listing);
    }
    if (found.length > 0) {
      return {
        packages: found.flatMap(({ packages }) => packages),
        metadata: found.flatMap(({ metadata }) => metadata),
      };
    }
  }
  return undefined;
}

/**
 * @param top where it is: empty, or ending in a slash
 * @param directoriesOf which directories here are for such packages
 */
async function listRepository(
  origin: Origin,
  top: string,
  directoriesOf: (packages: readonly ListedPackage[]) => string[],
): Promise<Listing | undefined> {
  const head = `${top}repodata/repomd.xml`;
  const path = await bringHead(origin, head, `${head}.asc`);
  if (path === undefined) return undefined;
  const { indexes } = await origin.reader.readList('repomd', { path, name: head });
  const known = byName(indexes, ({ type }) => type, head);
  const primary = known.get('primary');
  const pathsOf = (file: { path: string }) => [`${top}${file.path}`];
  const list = await bringList(origin, primary ? [primary] : [], head, pathsOf);
  if (!list) {
    const types = [...known.keys()].join(', ');
    throw new ChangedOrigin(
      `${head} leads to no primary list in XML${primary ? `: there is no ${primary.path}` : `; it has ${types}`}`,
      primary
        ? 'the repository is not whole, or changed meanwhile; try again'
        : 'have createrepo_c write it: SQLite and zchunk alone are not read',
    );
  }
  const found = await origin.reader.readList('rpm-list', list);
  origin.line(`${top}${list.name}: ${found.length} packages`);
  const packages: ListedPackage[] = [];
  for await (const one of inTurns(found)) packages.push(checkedPackage(one, top, list.name));
  const directories = directoriesOf(packages);
  const brought = await bringMetadata(origin, known, head, pathsOf);
  return { packages, metadata: brought.map((one): ListedMetadata => ({ ...one, directories })) };
}

/** The directories that hold such packages; of packages for all architectures, those of all. */
function directoriesFor(packages: readonly ListedPackage[], architectures: readonly string[]): string[] {
  if (packages.every(({ kind }) => kind === 'source')) return [SOURCE];
  const found = new Set(packages.map(({ architecture }) => architecture));
  const targets = targetsOf({ derivatives: [''], architectures: [...architectures] });
  const own = targets.filter((target) =>
    target.architectures.some((each) => each !== 'noarch' && each !== 'src' && found.has(each)),
  );
  return own.length > 0 ? own.map(({ directory }) => directory) : [...architectures];
}
