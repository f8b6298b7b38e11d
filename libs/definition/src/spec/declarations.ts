import type { SpecSource } from './archives.ts';

/** What a spec file is made of, by the names of files. */
export interface SpecParts {
  name: string;
  version: string;
  /** The first is the main one. */
  archives: readonly SpecSource[];
  plain: readonly string[];
  patches: readonly string[];
}

/**
 * The variables of a spec template that declare sources and patches and prepare them, as Fatbuildr 2.1 has them:
 * `sources` (also `source`), `patches`, `prep_sources`, `prep_patches`, and `prep` for both of those.
 */
export function declarations({ name, version, archives, plain, patches }: SpecParts): Record<string, string> {
  const files = [...archives.map(({ file }) => file), ...plain];
  const sources = lines(files.map((file, index) => `Source${index}: ${literal(file)}`));
  const prepSources = lines([setup(archives[0]?.top, `${name}-${version}`), ...archives.slice(1).flatMap(unpack)]);
  const prepPatches = patches.length === 0 ? '' : lines(['%autopatch -p1']);
  return {
    source: sources,
    sources,
    patches: lines(patches.map((file, index) => `Patch${index}: ${literal(file)}`)),
    prep_sources: prepSources,
    prep_patches: prepPatches,
    prep: prepSources + prepPatches,
  };
}

/** Without a directory that all of it lies in, or with one whose name would mean something to a shell, it gets one. */
function setup(top: string | undefined, fallback: string): string {
  if (top === undefined) return `%setup -q -c -n ${literal(fallback)}`;
  if (/^[A-Za-z0-9][A-Za-z0-9._+~-]*$/.test(top)) return `%setup -q -n ${top}`;
  return `%setup -q -c -T -n ${literal(fallback)}\ntar -xf %{SOURCE0} --strip-components=1`;
}

/** A further source comes into a directory with its id, as the component of a Debian source package does. */
function unpack({ id, top }: SpecSource, index: number): string[] {
  const strip = top === undefined ? '' : ' --strip-components=1';
  return [`rm -rf ${id}`, `mkdir ${id}`, `tar -xf %{SOURCE${index + 1}}${strip} -C ${id}`];
}

/** No macro, whatever it holds. */
function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
