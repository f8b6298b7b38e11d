import { archName, baseArchitecture, Failure, type RpmSource } from '@fatbuildr/domain';

/** How many mirrors of a list are tried. */
const MOST_MIRRORS = 8;

/** What the variables of an address stand for. */
export interface AddressVariables {
  /** In dpkg's spelling. */
  architecture: string;
  releasever: string | null;
}

/**
 * An address with dnf's variables filled in, so that it is known what a build may reach.
 *
 * @throws Failure `infrastructure-failure` when it needs a release version and there is none
 */
export function fillIn(address: string, { architecture, releasever }: AddressVariables): string {
  return address.replace(/\$\{?(releasever|basearch|arch)\}?/g, (_, name: string) => {
    if (name === 'basearch') return baseArchitecture(architecture);
    if (name === 'arch') return archName(architecture, 'rpm');
    if (releasever !== null) return releasever;
    throw new Failure('infrastructure-failure', `The repository address ${address} needs a release version.`, {
      hint: 'Set releasever of the distribution in the file of its instance.',
    });
  });
}

/**
 * The mirrors that a mirror list or metalink names, best first.
 *
 * @throws Failure `infrastructure-failure` when it names none
 */
export function mirrorsOf({ id, metalink }: RpmSource, text: string): string[] {
  const named = metalink === undefined ? mirrorList(text) : metalinkUrls(text);
  const urls = named.filter((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''));
  if (urls.length > 0) return urls.slice(0, MOST_MIRRORS);
  throw new Failure(
    'infrastructure-failure',
    `The mirror list of the repository ${id} names no http or https mirror.`,
    {
      hint: 'Look at what its address answers, or set baseurl instead.',
    },
  );
}

function mirrorList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\/$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The addresses in a metalink lead to `repomd.xml`; the most preferred has 100. */
function metalinkUrls(text: string): string[] {
  const found = [...text.matchAll(/<url\b([^>]*)>\s*([^<\s]+)\/repodata\/repomd\.xml\s*<\/url>/g)];
  const preference = (attributes = '') => Number(/preference="(\d+)"/.exec(attributes)?.[1] ?? 0);
  return found
    .toSorted(([, a], [, b]) => preference(b) - preference(a))
    .map(([, , url = '']) => url.replaceAll('&amp;', '&'));
}
