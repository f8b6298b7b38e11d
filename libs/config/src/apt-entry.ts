import { parseDeb822 } from '@fatbuildr/domain';

/** One enabled source of binary packages: an archive and one of its suites. */
export interface AptEntry {
  uri: string;
  suite: string;
  components: string[];
  /** Path of the keyring that its signatures are checked with. */
  signedBy: string | undefined;
}

/** The entries of a `.sources` file, deb822 style; sources.list(5). Throws on a file that is not deb822. */
export function parseSources(text: string): AptEntry[] {
  return parseDeb822(text).flatMap((paragraph) => {
    const words = (name: string) => paragraph.get(name)?.split(/\s+/).filter(Boolean) ?? [];
    const enabled = !/^(no|false|without|off|disable|0)$/i.test(paragraph.get('Enabled')?.trim() ?? 'yes');
    if (!enabled || !words('Types').includes('deb')) return [];
    const components = words('Components');
    const signedBy = keyringPath(paragraph.get('Signed-By')?.trim());
    return words('URIs').flatMap((uri) =>
      words('Suites').map((suite) => ({ uri: trim(uri), suite, components, signedBy })),
    );
  });
}

/** The entries of a one-line-style `.list` file; sources.list(5). Lines of other types are passed over. */
export function parseList(text: string): AptEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = keyringPath(/(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]);
    return [{ uri: trim(uri), suite, components: components.split(/\s+/).filter(Boolean), signedBy }];
  });
}

/** A key may also stand in the file itself, or be named by its fingerprint: those are no use to another root. */
function keyringPath(value: string | undefined): string | undefined {
  return value?.startsWith('/') ? value.split(/[\s,]+/)[0] : undefined;
}

function trim(uri: string): string {
  return uri.replace(/\/+$/, '');
}
