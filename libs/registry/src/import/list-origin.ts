import { Failure } from '@fatbuildr/domain';
import type { PackageSelector } from '../model/package.ts';
import type { Repository } from '../model/repository.ts';
import { listApt } from './apt-tree.ts';
import { ChangedOrigin } from './changed-origin.ts';
import type { Listing } from './listed.ts';
import type { Origin } from './origin.ts';
import { listPlain } from './plain-directory.ts';
import { listRpm } from './rpm-tree.ts';

/** Which part of a repository is asked for. */
export interface Part {
  repository: Repository;
  derivative: string;
  suite?: string | undefined;
  component?: string | undefined;
  selectors: readonly PackageSelector[];
}

/**
 * What there is of a part of a repository. One that is changed while it is read is read once more.
 *
 * @throws Failure `rejected`
 */
export async function listOrigin(origin: Origin, part: Part): Promise<Listing> {
  const listing = await listOnce(origin, part).catch((error: unknown) => {
    if (!(error instanceof ChangedOrigin)) throw error;
    origin.line(`${error.message}; reading it once more`);
    return listOnce(origin, part);
  });
  if (part.selectors.length === 0 || listing.metadata.length === 0) return listing;
  origin.line('groups, advisories and modules are not taken over, since not everything was asked for');
  return { ...listing, metadata: [] };
}

async function listOnce(origin: Origin, { repository, derivative, ...asked }: Part): Promise<Listing> {
  const { format, distribution, architectures } = repository;
  const part = { suite: asked.suite ?? distribution, component: asked.component ?? derivative, architectures };
  const listing = await (format === 'deb' ? listApt(origin, part) : listRpm(origin, part));
  if (listing) return listing;
  const packages = await listPlain(origin, format);
  if (packages) return { packages, metadata: [] };
  const { location } = origin.files;
  const wanted = format === 'deb' ? `dists/${part.suite}/InRelease` : 'repodata/repomd.xml';
  throw new Failure('rejected', `${location} is no repository that can be imported: it has no ${wanted}`, {
    hint: 'name the directory above dists/, or the one that has repodata/; another suite is named by --suite',
  });
}
