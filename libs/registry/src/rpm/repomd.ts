import type { RenderedList } from './shards.ts';
import { attributes } from './xml.ts';

/**
 * The `repomd.xml` of a revision, which names every list with its digests.
 *
 * @param created milliseconds since the epoch
 */
export function renderRepomd(lists: readonly RenderedList[], created: number): string {
  const seconds = Math.floor(created / 1000);
  const data = lists.map(
    (each) => `  <data${attributes({ type: each.type })}>
    <checksum type="sha256">${each.sha256}</checksum>
    <open-checksum type="sha256">${each.openSha256}</open-checksum>
    <location${attributes({ href: `repodata/${fileNameOf(each)}` })}/>
    <timestamp>${seconds}</timestamp>
    <size>${each.size}</size>
    <open-size>${each.openSize}</open-size>
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
export function fileNameOf({ file, sha256 }: RenderedList): string {
  return `${sha256}-${file}`;
}
