import { join } from 'node:path';
import type { PublishedKeys } from '../format.ts';
import type { RpmRepository } from '../model/repository.ts';
import { writeDurably } from '../shared/durable.ts';

/** Writes a ready file for `/etc/yum.repos.d`. */
export function writeRepo(
  tree: string,
  repository: RpmRepository,
  { files }: PublishedKeys,
  scratch: string,
): Promise<void> {
  return writeDurably(repoPath(tree, repository), renderRepo(repository, files), scratch);
}

export function repoPath(tree: string, { instance, distribution }: RpmRepository): string {
  return join(tree, instance, 'rpm', `${distribution}.repo`);
}

/** Both checks on; the mirror list leads to a snapshot, whose lists and signature belong together. */
function renderRepo({ instance, distribution, derivatives, baseUrl }: RpmRepository, keys: readonly string[]): string {
  const base = `${baseUrl.replace(/\/+$/, '')}/${instance}`;
  const section = (derivative: string, directory: string, kind: 'packages' | 'sources') =>
    [
      `[${instance}-${distribution}-${derivative}${kind === 'sources' ? '-source' : ''}]`,
      `name=${instance} ${distribution} ${derivative}${kind === 'sources' ? ' sources' : ''}`,
      `mirrorlist=${base}/rpm/${distribution}/${derivative}/${directory}/mirrorlist`,
      `enabled=${kind === 'sources' ? 0 : 1}`,
      'gpgcheck=1',
      'repo_gpgcheck=1',
      `gpgkey=${keys.map((key) => `${base}/${key}`).join(' ')}`,
      'metadata_expire=300',
      '',
    ].join('\n');
  return derivatives
    .flatMap((derivative) => [section(derivative, '$basearch', 'packages'), section(derivative, 'source', 'sources')])
    .join('\n');
}
