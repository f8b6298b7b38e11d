import type {
  RegistryDeleteOrder,
  RegistryGcOrder,
  RegistryImportOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
} from '@fatbuildr/domain';
import type { ChangeRequest } from '@fatbuildr/registry';
import { signRpm } from '@fatbuildr/signing';
import type { Work } from '../attempt/job.ts';
import { collectedWords, previewed } from '../preview.ts';
import type { TakeTurn } from '../turns.ts';
import { changeRepository, sourceSelector } from './change-repository.ts';
import type { Workshop } from './workshop.ts';

/** Takes a source package, and all that was built of it, out of a repository. Its files stay in the pool for a while. */
export function deletePackages(workshop: Workshop): Work<RegistryDeleteOrder> {
  return (job) => {
    const { derivative, selector } = job.order;
    const remove = [{ derivative, ...sourceSelector(selector) }];
    return changeRepository(workshop, job, (request) => workshop.registry.publish({ ...request, changes: { remove } }));
  };
}

/** Takes packages over from one distribution or derivative into another, byte for byte. */
export function promotePackages(workshop: Workshop): Work<RegistryPromoteOrder> {
  return (job) => {
    const { derivative, selectors, from } = job.order;
    const source = {
      distribution: from.distribution,
      derivative: from.derivative,
      ...(from.revision === null ? {} : { revision: from.revision }),
      ...(selectors.length === 0 ? {} : { selectors: selectors.map(sourceSelector) }),
    };
    return changeRepository(workshop, job, (request) =>
      workshop.registry.promote({ ...request, from: source, derivative }),
    );
  };
}

/** Publishes once more what an earlier publication held. */
export function rollBack(workshop: Workshop): Work<RegistryRollbackOrder> {
  return (job) => {
    const { revision } = job.order;
    return changeRepository(workshop, job, (request) => workshop.registry.rollback({ ...request, revision }));
  };
}

/**
 * Takes over the packages of a repository that something else made.
 *
 * @param take the turn of its publication among the changes of an instance: reading and bringing take hours, and need none
 */
export function importPackages(workshop: Workshop, take: TakeTurn): Work<RegistryImportOrder> {
  return (job) => {
    const { order, line, signal, fetchOrigin } = job;
    const { instance, derivative, source, skipConflicts } = order;
    const selectors = order.selectors.map(sourceSelector);
    const sign = async (from: string, to: string) => signRpm(from, to, await workshop.keyrings.get(instance));
    const inTurn = <T>(publish: () => Promise<T>) => take(instance, signal, publish);
    const common = { fetchOrigin, derivative, source, selectors, skipConflicts, signRpm: sign, line, signal, inTurn };
    return changeRepository(workshop, job, (request) => {
      let bringing = true;
      const brought = () => {
        if (bringing) job.mark('import', 'end');
        bringing = false;
      };
      const step: ChangeRequest['step'] = (name) => {
        brought();
        return request.step?.(name);
      };
      job.mark('import', 'begin');
      return workshop.care.importPackages({ ...request, ...common, step }).finally(brought);
    });
  };
}

/** Removes what nobody needs any more, and tells the api which publications are gone. */
export function collectGarbage({ care, telling }: Workshop): Work<RegistryGcOrder> {
  return async (job) => {
    const { instance, graceMs, keepPublications, dryRun } = job.order;
    const request = { instance, graceMs, keepPublications, dryRun };
    if (dryRun) return previewed(job.line, { collected: await care.collect(request) });
    await job.commit();
    const collected = await job.phase('collect-garbage', () => care.collect(request));
    job.line(`removed ${collectedWords(collected)}`);
    if (collected.publications > 0) await telling.everything();
    return { publications: [], keyring: null, preview: null };
  };
}
