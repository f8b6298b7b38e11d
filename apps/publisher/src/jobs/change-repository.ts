import { findInstance, type PublicationResult, type PublishOrder, type RegistryDeleteOrder } from '@fatbuildr/domain';
import type { AptRepository, PublicationChanges, RepositorySigner } from '@fatbuildr/registry';
import type { Job } from '../attempt/job.ts';
import { writePhases } from '../attempt/write-phases.ts';
import { changeReport, fullReport } from '../publications.ts';
import { orderedRepository } from '../repositories.ts';
import { signerOf } from '../signer.ts';
import type { Workshop } from './workshop.ts';

/** A repository that an order is about, and who signs it. */
export interface Subject {
  repository: AptRepository;
  signer: RepositorySigner;
}

/** @throws Failure `rejected` for an instance that is not configured or has no keyring */
export async function subjectOf(
  { config, keyrings }: Workshop,
  { instance, repository }: PublishOrder | RegistryDeleteOrder,
): Promise<Subject> {
  findInstance(config, instance);
  return {
    repository: orderedRepository(config, instance, repository),
    signer: signerOf(await keyrings.get(instance)),
  };
}

/**
 * Makes one publication. When everything is so already, as after a crash between commit and result, the report is of
 * all that the repository holds: the api may have heard of nothing.
 */
export async function changeRepository(
  { registry }: Workshop,
  job: Job<PublishOrder> | Job<RegistryDeleteOrder>,
  { repository, signer }: Subject,
  changes: PublicationChanges,
): Promise<PublicationResult> {
  const { distribution } = repository;
  const phases = writePhases(job.mark);
  try {
    const { commit, task } = job;
    const result = await registry.publish({ repository, changes, tasks: [task], signer, commit, step: phases.step });
    phases.end();
    job.line(
      result.changed
        ? `${distribution} is at revision ${result.revision}: ${result.added.length} added, ${result.removed.length} removed`
        : `${distribution} is so already, at revision ${result.revision}`,
    );
    if (result.changed) return { publications: [changeReport(repository, result)], keyring: null };
  } finally {
    phases.end();
  }
  return { publications: [fullReport(registry, repository) ?? []].flat(), keyring: null };
}
