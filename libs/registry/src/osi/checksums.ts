import type { OsiFile, OsiImage } from './types.ts';

/** What sha256sum(1) prints, and `sha256sum --check` and systemd-sysupdate(8) read. The names sort by bytes. */
export function renderChecksums(files: readonly Pick<OsiFile, 'name' | 'sha256'>[]): string {
  const lines = files.map(({ name, sha256 }) => ({ name, line: `${sha256}  ${name}\n` }));
  return lines
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ line }) => line)
    .join('');
}

/** The digests of a checksum file by name. Throws on a line that is none. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, sha256, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
      if (sha256 === undefined || name === undefined) throw new Error(`not a line of a checksum file: ${line}`);
      return [name, sha256];
    }),
  );
}

/** The image that a file belongs to: `NAME_VERSION[_ARCHITECTURE].KIND`; undefined for any other name. */
export function imageOf(file: string): Omit<OsiImage, 'files'> | undefined {
  const [, name, version, architecture = null] =
    /^([a-z0-9][a-z0-9+.-]*)_(\d[A-Za-z0-9+~-]*(?:\.\d[A-Za-z0-9+~-]*)*|[A-Za-z][A-Za-z0-9+~-]*)(?:_([a-z0-9-]+))?\.[A-Za-z]/.exec(
      file,
    ) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version, architecture };
}

/** The images that files make up, by name, then version as numbers compare. */
export function imagesOf(files: Iterable<string>): OsiImage[] {
  const images = new Map<string, OsiImage>();
  for (const file of files) {
    const image = imageOf(file);
    if (!image) continue;
    const key = JSON.stringify(image);
    const known = images.get(key) ?? { ...image, files: [] };
    known.files.push(file);
    images.set(key, known);
  }
  return [...images.values()].toSorted(
    (a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
}
