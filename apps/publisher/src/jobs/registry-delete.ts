import type { RegistryDeleteOrder } from '@fatbuildr/domain';
import type { Work } from '../attempt/job.ts';
import { fullReport } from '../publications.ts';
import { changeRepository, subjectOf } from './change-repository.ts';
import type { Workshop } from './workshop.ts';

/** Takes a source package, and all that was built of it, out of a repository. Its files stay in the pool for a while. */
export function deletePackages(workshop: Workshop): Work<RegistryDeleteOrder> {
  return async (job) => {
    const { registry } = workshop;
    const { derivative, artifact, version } = job.order;
    const subject = await subjectOf(workshop, job.order);
    const { instance, distribution } = subject.repository;
    // An attempt that died after its commit did the work: there is nothing left that could be selected.
    const done = registry.publications({ instance, distribution }).some(({ tasks }) => tasks.includes(job.task));
    if (done) {
      job.line(`${artifact} was deleted from ${distribution} by an earlier attempt`);
      return { publications: [fullReport(registry, subject.repository) ?? []].flat(), keyring: null };
    }
    const selector = { derivative, source: artifact, ...(version === null ? {} : { version }) };
    return changeRepository(workshop, job, subject, { remove: [selector] });
  };
}
