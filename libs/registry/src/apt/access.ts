import { join } from 'node:path';
import { paragraph, renderDeb822 } from '@fatbuildr/domain';
import type { PublishedKeys } from '../format.ts';
import type { AptRepository } from '../model/repository.ts';
import { writeDurably } from '../shared/durable.ts';

/** Writes a ready file for `/etc/apt/sources.list.d`. */
export function writeSources(
  tree: string,
  repository: AptRepository,
  { publicKey }: PublishedKeys,
  scratch: string,
): Promise<void> {
  return writeDurably(sourcesPath(tree, repository), renderSources(repository, publicKey), scratch);
}

export function sourcesPath(tree: string, { instance, distribution }: AptRepository): string {
  return join(tree, instance, 'deb', `${distribution}.sources`);
}

/** A deb822 source with the key inline (sources.list(5), since apt 2.3.10). */
function renderSources(repository: AptRepository, publicKey: string): string {
  const { instance, distribution, derivatives, architectures, baseUrl } = repository;
  return renderDeb822([
    paragraph([
      { name: 'Types', value: 'deb deb-src' },
      { name: 'URIs', value: `${baseUrl.replace(/\/+$/, '')}/${instance}/deb/` },
      { name: 'Suites', value: distribution },
      { name: 'Components', value: derivatives.join(' ') },
      { name: 'Architectures', value: architectures.join(' ') },
      { name: 'Signed-By', value: `\n${publicKey.trimEnd()}` },
    ]),
  ]);
}
