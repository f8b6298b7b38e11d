import { join } from 'node:path';
import { writeDurably } from '../shared/durable.ts';
import type { RpmRepository } from './types.ts';

/** Writes the public key of an instance, and per repository a ready file for `/etc/yum.repos.d`. */
export async function writeRpmAccess(
  tree: string,
  { instance, repositories, publicKey }: { instance: string; repositories: RpmRepository[]; publicKey: string },
  scratch: string,
): Promise<void> {
  await writeDurably(join(tree, instance, 'keyring.asc'), publicKey, scratch);
  for (const repository of repositories) {
    const path = join(tree, instance, 'rpm', `${repository.distribution}.repo`);
    await writeDurably(path, renderRepo(repository), scratch);
  }
}

/** Both checks on; the mirror list leads to a snapshot, whose lists and signature belong together. */
function renderRepo({ instance, distribution, derivatives, baseUrl }: RpmRepository): string {
  const base = `${baseUrl.replace(/\/+$/, '')}/${instance}`;
  const section = (derivative: string, directory: string, kind: 'packages' | 'sources') =>
    [
      `[${instance}-${distribution}-${derivative}${kind === 'sources' ? '-source' : ''}]`,
      `name=${instance} ${distribution} ${derivative}${kind === 'sources' ? ' sources' : ''}`,
      `mirrorlist=${base}/rpm/${distribution}/${derivative}/${directory}/mirrorlist`,
      `enabled=${kind === 'sources' ? 0 : 1}`,
      'gpgcheck=1',
      'repo_gpgcheck=1',
      `gpgkey=${base}/keyring.asc`,
      'metadata_expire=300',
      '',
    ].join('\n');
  return derivatives
    .flatMap((derivative) => [section(derivative, '$basearch', 'packages'), section(derivative, 'source', 'sources')])
    .join('\n');
}
