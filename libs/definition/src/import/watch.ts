/** Options of uscan(1) after which the archive is not what the URL leads to, or is found otherwise. */
const CHANGED = /mangle|repack|mode=|compression=|component=|searchmode=|dirversion/;

/**
 * The URL of an upstream archive as a template, if `debian/watch` (uscan(1)) says it plainly: one address whose only
 * variable part is the version. Whether it leads there is for the checksum to tell.
 *
 * @param archive the name of the archive: where several kinds are looked for, this one is meant
 */
export function urlFromWatch(watch: string, name: string, archive: string): string | undefined {
  const [line] = watch
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '' && !text.startsWith('#') && !text.startsWith('version='));
  if (line === undefined) return undefined;
  const [, options = '', rest = line] = /^opts=("[^"]*"|\S*)\s+(.*)$/.exec(line) ?? [];
  if (CHANGED.test(options.replaceAll(/\bpgpsigurlmangle=/g, ''))) return undefined;
  const [page = '', second] = rest.split(/\s+/).map((part) => filled(part, name));
  const pattern = page.includes('(') || second === undefined ? page : joined(page, second);
  const url = literal(pattern, /\.(?:tar\.\w+|tgz|tbz2?|txz|zip)$/.exec(archive)?.[0] ?? '');
  return url !== undefined && /^https?:/.test(url) && URL.canParse(url) ? url : undefined;
}

/** What uscan puts in. It lets a version begin in several ways; after a name that is a dash. */
function filled(part: string, name: string): string {
  return part
    .replaceAll('@PACKAGE@', name)
    .replaceAll(/(\w)@ANY_VERSION@/g, '$1-(.+)')
    .replaceAll('@ANY_VERSION@', '(.+)')
    .replaceAll('@ARCHIVE_EXT@', '\\.tar\\.gz');
}

function joined(page: string, pattern: string): string {
  if (/^https?:/.test(pattern)) return pattern;
  return `${page.slice(0, page.lastIndexOf('/') + 1)}${pattern}`;
}

/** A regular expression whose one group is the version, as a template; undefined where it says more than one address. */
function literal(pattern: string, extension: string): string | undefined {
  const [before = '', group, after = '', ...others] = pattern.split(/(\([^()]*\))/);
  if (group === undefined || others.length > 0) return undefined;
  const tail = /^\\?\.(?:tar\b|t[a-z]+\b|\[)/.test(after) ? extension : plain(after);
  const head = plain(before);
  return head === undefined || !tail?.endsWith(extension) ? undefined : `${head}{{ version }}${tail}`;
}

function plain(pattern: string): string | undefined {
  const text = pattern.replaceAll(/\\([^A-Za-z0-9])/g, '$1');
  return /[[\](){}*+?|^$\\]/.test(text) ? undefined : text;
}
