import type { Config } from '@fatbuildr/config';
import type { PublicationRow, Stores, Suite } from '@fatbuildr/database';
import {
  type BuildOrder,
  buildFormat,
  type FileRef,
  findInstance,
  type Instance,
  type KeyringInfo,
  ProblemError,
} from '@fatbuildr/domain';
import { serves } from './availability.ts';
import { buildCapability, type Host, hostsFor, hostsOf, howToServe, PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import { unprocessable } from './refusal.ts';
import { storedKeyring } from './stored.ts';
import { isOnline } from './timing.ts';
import { missingTrees } from './trees.ts';

/** What must be there before a submission is accepted; each throws with what to do about it. */

export function requireInstance(config: Config, id: string): Instance {
  try {
    return findInstance(config, id);
  } catch (error) {
    const hint = `Known: ${config.instances.map((one) => one.id).join(', ')}.`;
    throw new ProblemError('not-found', (error as Error).message, { hint });
  }
}

/** Those of the instance, in its order, that were asked for. */
export function requireArchitectures({ id, architectures }: Instance, wanted: readonly string[]): string[] {
  const foreign = wanted.filter((one) => !architectures.includes(one));
  if (foreign.length === 0) return architectures.filter((one) => wanted.includes(one));
  throw unprocessable(
    `Instance ${id} does not build for ${foreign.join(', ')}.`,
    `Its architectures: ${architectures.join(', ')}.`,
  );
}

export async function requireKeyring(tx: Change, instance: Instance): Promise<KeyringInfo> {
  const info = await tx.registry.keyring(instance.id);
  if (info !== undefined) return storedKeyring(info);
  throw unprocessable(
    `Instance ${instance.id} has no keyring yet, so nothing could be published.`,
    `Create it with: fatbuildrctl keyring create --instance ${instance.id}`,
  );
}

/** A publication that is kept: the current one, without a revision. */
export async function requireRevision(
  { registry }: Pick<Stores, 'registry'>,
  suite: Suite,
  revision?: number,
): Promise<PublicationRow> {
  const repository = await registry.repository(suite);
  const { instance, format, distribution } = suite;
  if (!repository) {
    throw unprocessable(
      `Nothing was ever published for ${distribution} (${format}) of instance ${instance}.`,
      `Repositories are published, empty, with the keyring: fatbuildrctl keyring create --instance ${instance}`,
    );
  }
  const found = await registry.publication(suite, revision ?? repository.revision);
  if (found) return found;
  throw new ProblemError('not-found', `${distribution} has no revision ${revision} any more, or not yet.`, {
    hint: `Kept are ${repository.oldest} to ${repository.revision}; see: fatbuildrctl registry publications -d ${distribution}`,
  });
}

/** The build hosts, the publisher not among them. */
export async function buildHosts(tx: Change): Promise<Host[]> {
  const hosts = hostsOf(await tx.workers.list()).filter((host) => host.row.pool !== PUBLISHER);
  if (hosts.length > 0) return hosts;
  throw unprocessable(
    'No worker has ever registered with this farm, so nobody could do it.',
    'Start one: fatbuildrd runs a worker on this machine; another host joins with: fatbuildrctl workers add NAME',
  );
}

/**
 * A host of the pool that has tool image and environment for a build: one that is online, if any is. Images are built
 * without an environment.
 */
export async function requireBuildHost(tx: Change, pool: string, order: BuildOrder): Promise<void> {
  const { instance, architecture } = order;
  const format = buildFormat(order);
  const all = await buildHosts(tx);
  const inPool = hostsFor(buildCapability(pool, format, architecture), all);
  const able = inPool.filter((host) => serves(host, instance));
  if (able.length === 0 && inPool.length > 0) {
    throw unprocessable(
      `No worker of pool ${pool} that builds for ${architecture} serves instance ${instance}.`,
      'Add one that does: fatbuildrctl workers add NAME --for-instance …',
    );
  }
  if (able.length === 0) {
    const known = [...new Set(all.flatMap((host) => host.report.architectures))].toSorted();
    throw unprocessable(
      `No worker of pool ${pool} builds ${format} packages for ${architecture}.`,
      `Workers build for: ${known.join(', ')}. ${howToServe(pool, architecture)}`,
    );
  }
  // hosts that are away count only as long as all are: the build waits for one of them then
  const online = able.filter((host) => isOnline(host.row, tx.now));
  const reports = (online.length > 0 ? online : able).map(({ report }) => report);
  const missing = missingTrees(order, instance, reports);
  if (missing) throw unprocessable(missing.message, missing.hint);
}

/** Every file was uploaded, whole; then they are kept for `owner`. */
export async function requireBlobs(tx: Change, owner: string, files: readonly FileRef[]): Promise<void> {
  for (const file of files) {
    const size = await tx.blobs.size(file.sha256);
    if (size === undefined) {
      throw unprocessable(
        `The file ${file.name} (sha256 ${file.sha256}) was not uploaded.`,
        'Upload it to /uploads first, and submit the digest that comes back.',
      );
    }
    if (size !== file.size) throw unprocessable(`The file ${file.name} has ${size} bytes, submitted was ${file.size}.`);
  }
  await tx.blobs.refer(
    owner,
    files.map((file) => file.sha256),
  );
}
