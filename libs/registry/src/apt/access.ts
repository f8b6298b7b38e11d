import { join } from 'node:path';
import { paragraph, renderDeb822 } from '@fatbuildr/domain';
import { writeDurably } from '../shared/durable.ts';
import type { AccessRequest, AptRepository } from './types.ts';

/** Writes the public key of an instance, and per repository a ready file for `/etc/apt/sources.list.d`. */
export async function writeAccess(tree: string, request: AccessRequest, scratch: string): Promise<void> {
  const { instance, repositories, publicKey } = request;
  await writeDurably(join(tree, instance, 'keyring.asc'), publicKey, scratch);
  for (const repository of repositories) {
    const path = join(tree, instance, 'deb', `${repository.distribution}.sources`);
    await writeDurably(path, renderSources(repository, request), scratch);
  }
}

/** A deb822 source with the key inline (sources.list(5), since apt 2.3.10). */
function renderSources(repository: AptRepository, { publicKey, baseUrl }: AccessRequest): string {
  const { instance, distribution, derivatives, architectures } = repository;
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
