import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AptEntry } from '@fatbuildr/config';

/** What mkosi reads its APT sources from, unless it makes them up itself. */
const SOURCES = 'etc/apt/sources.list.d/mkosi.sources';
const KEYRINGS = 'etc/apt/keyrings';

/**
 * Writes APT sources, with the host's keyrings that they are checked by, into a tree that mkosi lays over its own
 * `/etc` (mkosi(1), SandboxTrees=).
 *
 * @param keyring where the tool image has the keyring for those that name none; without it, all that apt trusts there
 */
export async function writeAptSources(tree: string, sources: readonly AptEntry[], keyring?: string): Promise<void> {
  const file = join(tree, SOURCES);
  await mkdir(dirname(file), { recursive: true });
  await mkdir(join(tree, KEYRINGS), { recursive: true });
  const paragraphs = [];
  for (const [index, { uri, suite, components, signedBy }] of sources.entries()) {
    const key = signedBy === undefined ? undefined : join(KEYRINGS, `${index}-${basename(signedBy)}`);
    if (key !== undefined && signedBy !== undefined) await copyFile(signedBy, join(tree, key));
    const checkedBy = key === undefined ? keyring : `/${key}`;
    paragraphs.push(
      [
        ...['Types: deb', `URIs: ${uri}`, `Suites: ${suite}`, `Components: ${components.join(' ')}`],
        // Nobody reads descriptions: they would be half of what is fetched and parsed.
        'Languages: none',
        ...(checkedBy === undefined ? [] : [`Signed-By: ${checkedBy}`]),
      ].join('\n'),
    );
  }
  await writeFile(file, `${paragraphs.join('\n\n')}\n`);
}
