import {
  Failure,
  findInstance,
  type PublicationResult,
  type PublishOrder,
  type RegistryDeleteOrder,
} from '@fatbuildr/domain';
import type { OsiPublishRequest } from '@fatbuildr/registry';
import type { Job } from '../attempt/job.ts';
import { incoming } from './incoming.ts';
import type { Workshop } from './workshop.ts';

type ImageOrder = PublishOrder | RegistryDeleteOrder;

/** Adds an OS image to its repository. The checksums of its build stay out: the repository's name every image. */
export async function publishImage(workshop: Workshop, job: Job<PublishOrder>): Promise<PublicationResult> {
  const built = job.order.files.filter(({ name }) => !name.endsWith('.SHA256SUMS'));
  const files = await Promise.all(built.map((file) => incoming(file, workshop.blobPath(file.sha256))));
  return changeImages(workshop, job, { add: files.map(({ path, ...file }) => ({ ...file, from: path })) });
}

/** Takes an OS image out of its repository, in one version or all; a dry run tells which. */
export async function deleteImages(workshop: Workshop, job: Job<RegistryDeleteOrder>): Promise<PublicationResult> {
  const { selector, dryRun } = job.order;
  const { artifact: name, version } = selector;
  if (!dryRun) return changeImages(workshop, job, { remove: [{ name, version }] });
  const { instance, derivative, repository } = job.order;
  const images = await workshop.images.list({ instance, distribution: repository.distribution, derivative });
  const meant = images.filter((one) => one.name === name && (version === undefined || one.version === version));
  if (meant.length === 0) {
    throw new Failure(
      'rejected',
      `${repository.distribution} (${derivative}) holds no image ${name} ${version ?? ''}`,
      {
        hint: 'The checksum file of the repository names those that it holds.',
      },
    );
  }
  const removed = meant.map((one) => ({
    derivative,
    name,
    version: one.version,
    architecture: one.architecture ?? 'all',
  }));
  for (const one of meant) job.line(`would remove ${one.files.join(', ')}`);
  const counts = { added: 0, removed: removed.length, uninstallable: 0, unsure: 0 };
  const preview = { added: [], removed, uninstallable: [], counts, collected: null };
  return { publications: [], keyring: null, preview };
}

async function changeImages(
  { config, keyrings, images }: Workshop,
  { order, commit, line, phase }: Job<ImageOrder>,
  change: Pick<OsiPublishRequest, 'add' | 'remove'>,
): Promise<PublicationResult> {
  const { instance, derivative } = order;
  const { format, distribution } = order.repository;
  findInstance(config, instance);
  const repository = { instance, distribution, derivative };
  const signer = await keyrings.signerFor(instance, format);
  const { revision, changed } = await phase('publish', () => images.publish({ repository, signer, commit, ...change }));
  const state = changed ? 'is at' : 'is so already, at';
  line(`${distribution} (${derivative}) ${state} revision ${revision}`);
  return { publications: [{ format, distribution, revision }], keyring: null, preview: null };
}
