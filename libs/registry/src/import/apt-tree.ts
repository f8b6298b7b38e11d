import { Failure } from '@fatbuildr/domain';
import { inTurns } from '../shared/in-turns.ts';
import { ChangedOrigin } from './changed-origin.ts';
import { checkedPackage } from './checked-paths.ts';
import { bringList, byName } from './fetch-list.ts';
import { bringClearsigned, bringHead } from './heads.ts';
import type { ListedFile, ListedPackage, ListedRelease, Listing } from './listed.ts';
import type { Origin } from './origin.ts';
import { checkRelease } from './release-time.ts';

/** Which part of an APT repository. */
export interface AptPart {
  suite: string;
  component: string;
  /** Real ones: what is for all comes with each. */
  architectures: readonly string[];
}

/** From what is cheap to unpack to what is not. */
const SUFFIXES = ['.zst', '.gz', '.xz', '.bz2', '.lzma', ''];

/**
 * What one component of a suite has, by its lists: each checked against the Release, and that against the key.
 *
 * @returns undefined when there is no such suite
 * @throws Failure `rejected`
 */
export async function listApt(origin: Origin, part: AptPart): Promise<Listing | undefined> {
  for (const [root, top] of [
    ['', `dists/${part.suite}/`],
    // Fatbuildr's own directories hold all formats of an instance.
    ['deb/', `deb/dists/${part.suite}/`],
    // A flat repository: the lists lie beside the packages.
    ['', ''],
  ] as const) {
    const release =
      (await bringClearsigned(origin, `${top}InRelease`)) ??
      (await bringHead(origin, `${top}Release`, `${top}Release.gpg`));
    if (release === undefined) continue;
    const name = `${top}Release`;
    const listed = await origin.reader.readList('release', { path: release, name });
    checkRelease(origin, name, listed);
    if (top !== '' && listed.names.length > 0 && !listed.names.includes(part.suite)) {
      origin.line(`warning: ${name} is that of ${listed.names.join(', ')}, and was asked for as ${part.suite}`);
    }
    return { packages: await listPart(origin, { ...part, root, top, flat: top === '' }, listed), metadata: [] };
  }
  return undefined;
}

interface FoundPart extends AptPart {
  /** What the paths of packages start from, and those of lists: empty or ending in a slash. */
  root: string;
  top: string;
  flat: boolean;
}

async function listPart(origin: Origin, part: FoundPart, release: ListedRelease): Promise<ListedPackage[]> {
  const { top, root, component, flat } = part;
  if (release.indexes.length === 0) {
    throw new Failure('rejected', `${top}Release has no SHA256 field: its lists cannot be checked`, {
      hint: 'have what keeps the repository write SHA256 digests',
    });
  }
  const known = byName(release.indexes, ({ path }) => path.replace(/^\.\//, ''), `${top}Release`);
  const has = (stem: string) => SUFFIXES.some((suffix) => known.has(`${stem}${suffix}`));
  const stems = stemsOf(part).filter(({ stem }) => has(stem));
  if (stems.length === 0) {
    throw new Failure('rejected', `${top}Release has no lists of ${flat ? 'packages' : `the component ${component}`}`, {
      hint: release.components.length > 0 ? `it has ${release.components.join(', ')}: see --component` : 'see --suite',
    });
  }
  const packages: ListedPackage[] = [];
  for (const { stem, as } of stems) {
    const candidates = SUFFIXES.flatMap((suffix) => known.get(`${stem}${suffix}`) ?? []);
    const list = await bringList(origin, candidates, `${top}Release`, (file) => pathsOf(top, file, release.byHash));
    if (!list) {
      throw new ChangedOrigin(
        `${origin.files.location} has none of the lists ${top}${stem}*`,
        'its Release names them: it is not whole, or changed meanwhile; try again',
      );
    }
    const suffix = SUFFIXES.find((each) => each !== '' && list.name.endsWith(each)) ?? '';
    const found = await origin.reader.readList('apt-list', { path: list.path, name: `${as}${suffix}` });
    origin.line(`${top}${list.name}: ${found.length} packages`);
    for await (const one of inTurns(found)) packages.push(checkedPackage(one, root, list.name));
  }
  return packages;
}

/** The lists of a part, without their suffixes, and as what they are read. */
function stemsOf({ flat, component, architectures }: FoundPart): { stem: string; as: string }[] {
  if (flat) {
    return [
      { stem: 'Packages', as: 'Packages' },
      { stem: 'Sources', as: 'Sources' },
    ];
  }
  const directories = [...architectures, 'all'].map((architecture) => `binary-${architecture}`);
  return [
    ...directories.map((directory) => ({ stem: `${component}/${directory}/Packages`, as: 'Packages' })),
    ...directories.map((directory) => ({
      stem: `${component}/debian-installer/${directory}/Packages`,
      as: 'udeb-Packages',
    })),
    { stem: `${component}/source/Sources`, as: 'Sources' },
  ];
}

/** Under its digest a list is the one that the Release names, whatever happens meanwhile. */
function pathsOf(top: string, { path, sha256 }: ListedFile, byHash: boolean): string[] {
  const directory = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  return [...(byHash ? [`${top}${directory}by-hash/SHA256/${sha256}`] : []), `${top}${path}`];
}
