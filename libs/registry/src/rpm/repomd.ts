import { attributes } from './xml.ts';

/** A file of `repodata/` as `repomd.xml` tells of it. */
export interface RepodataFile {
  /** As `repomd.xml` calls it: `primary`. */
  type: string;
  /** The end of its name: `primary.xml.gz`. */
  file: string;
  size: number;
  sha256: string;
  open: { size: number; sha256: string };
}

/**
 * The `repomd.xml` of a revision, which names every list with its digests.
 *
 * @param created milliseconds since the epoch
 */
export function renderRepomd(files: readonly RepodataFile[], created: number): string {
  const seconds = Math.floor(created / 1000);
  const data = files.map(
    (each) => `  <data${attributes({ type: each.type })}>
    <checksum type="sha256">${each.sha256}</checksum>
    <open-checksum type="sha256">${each.open.sha256}</open-checksum>
    <location${attributes({ href: `repodata/${fileNameOf(each)}` })}/>
    <timestamp>${seconds}</timestamp>
    <size>${each.size}</size>
    <open-size>${each.open.size}</open-size>
  </data>
`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>${seconds}</revision>
${data.join('')}</repomd>
`;
}

/** The digest is in the name: a list never changes under it. */
export function fileNameOf({ file, sha256 }: Pick<RepodataFile, 'file' | 'sha256'>): string {
  return `${sha256}-${file}`;
}
