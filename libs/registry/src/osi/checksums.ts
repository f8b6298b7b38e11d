import { createHash } from 'node:crypto';

/** A file of an image: the image itself, its manifest, or what mkosi split off. */
export interface ListedFile {
  name: string;
  sha256: string;
}

/** What sha256sum(1) prints, and `sha256sum --check` and systemd-sysupdate(8) read; names in the order of their bytes. */
function renderChecksums(files: readonly ListedFile[]): string {
  return files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join('');
}

/** The files of a checksum file. Throws on a line that is none. */
export function parseChecksums(text: string): ListedFile[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [, sha256, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) throw new Error(`not a line of a checksum file: ${line}`);
    return { name, sha256 };
  });
}

/** An image in one version and for one architecture, as its files are called. */
export interface ImageName {
  name: string;
  version: string;
  /** Null for the first architecture of the instance, as in Fatbuildr 2.1. */
  architecture: string | null;
}

/** The image that a file belongs to: `NAME_VERSION[_ARCHITECTURE].KIND`; undefined for any other name. */
export function imageOf(file: string): ImageName | undefined {
  const [, name, version, architecture = null] =
    /^([a-z0-9][a-z0-9+.-]*)_(\d[A-Za-z0-9+~-]*(?:\.\d[A-Za-z0-9+~-]*)*|[A-Za-z][A-Za-z0-9+~-]*)(?:_([a-z0-9-]+))?\.[A-Za-z]/.exec(
      file,
    ) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version, architecture };
}

/** An image with all its files, and the digest of their checksums. */
export interface Image<F extends ListedFile> extends ImageName {
  files: F[];
  checksums: string;
  digest: string;
}

/** The images that files make up; files that belong to none are left out. */
export function imagesOf<F extends ListedFile>(files: readonly F[]): Image<F>[] {
  const groups = Map.groupBy(files, ({ name }) => JSON.stringify(imageOf(name) ?? null));
  groups.delete('null');
  return [...groups].map(([image, members]) => {
    const checksums = renderChecksums(members);
    const digest = createHash('sha256').update(checksums).digest('hex');
    return { ...(JSON.parse(image) as ImageName), files: members, checksums, digest };
  });
}
