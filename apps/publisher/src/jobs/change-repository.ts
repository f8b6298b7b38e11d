import { type ArtifactSelector, findInstance, type PublicationResult, type RepositoryTarget } from '@fatbuildr/domain';
import {
  type ChangeRequest,
  type PackageSelector,
  type PublishResult,
  type Repository,
  tellOld,
} from '@fatbuildr/registry';
import type { Job } from '../attempt/job.ts';
import { writePhases } from '../attempt/write-phases.ts';
import { metadataWords, previewed, tellBroken } from '../preview.ts';
import { orderedRepository } from '../repositories.ts';
import type { RegistryCare } from './registry-care.ts';
import type { Workshop } from './workshop.ts';

/** An order to change one repository. */
type ChangeOrder = Job['order'] & { repository: RepositoryTarget };

/**
 * Does `change` to the repository that the order is about, and sees to it that the api knows what came of it. A dry run
 * tells instead what would change.
 *
 * @throws Failure `rejected` for an instance that is not configured or has no keyring
 */
export async function changeRepository(
  { config, keyrings, care, telling }: Workshop,
  job: Job<ChangeOrder>,
  change: (request: ChangeRequest) => Promise<PublishResult>,
): Promise<PublicationResult> {
  const { instance } = job.order;
  findInstance(config, instance);
  const repository = orderedRepository(config, instance, job.order.repository);
  // the registry asks for it too, but late
  await keyrings.get(instance);
  const { task, commit } = job;
  if ('dryRun' in job.order && job.order.dryRun) {
    const { added, removed, metadata, leftOut = [] } = await change({ repository, task, dryRun: true });
    tellOld(leftOut, repository, job.line);
    const uninstallable = removed.length === 0 ? [] : await care.impact(repository, removed.map(selectorOf), added);
    return previewed(job.line, { added, removed, metadata, uninstallable });
  }

  const phases = writePhases(job.mark);
  try {
    const result = await change({ repository, task, commit, step: phases.step });
    phases.end();
    tellOld(result.leftOut ?? [], repository, job.line);
    job.line(words(repository, result));
    for (const one of result.metadata) job.line(`with ${metadataWords(one)}`);
    if (!(await telling.repository(repository))) {
      job.line('It is published, but cannot be listed: the publisher’s log says why the api does not take it.');
    }
    await tellImpact(care, job, repository, result);
    const { format, distribution } = repository;
    return { publications: [{ format, distribution, revision: result.revision }], keyring: null, preview: null };
  } finally {
    phases.end();
  }
}

/** The task waits no longer for what only its log is told. */
const IMPACT_MS = 5000;

/** What cannot be installed any more, for want of what went: it is published all the same. */
async function tellImpact(
  care: RegistryCare,
  { line }: Pick<Job, 'line'>,
  repository: Repository,
  { changed, previous, added, removed }: PublishResult,
): Promise<void> {
  if (!changed || previous === null || removed.length === 0) return;
  const options = { revision: previous, signal: AbortSignal.timeout(IMPACT_MS) };
  try {
    tellBroken(line, await care.impact(repository, removed.map(selectorOf), added, options));
  } catch (error) {
    const why = options.signal.aborted ? `it takes more than ${IMPACT_MS / 1000} s here` : String(error);
    line(`What needs the packages that went was not looked at to the end: ${why}.`);
  }
}

function words({ distribution }: Repository, { changed, revision, added, removed }: PublishResult): string {
  if (!changed) return `${distribution} is so already, at revision ${revision}`;
  return `${distribution} is at revision ${revision}: ${added.length} added, ${removed.length} removed`;
}

function selectorOf({ derivative, name, version, architecture }: PublishResult['removed'][number]): PackageSelector {
  return { derivative, name, version, architecture };
}

/** A source package, and all that was built of it, as the registry selects it. */
export function sourceSelector({ artifact, version, architecture }: ArtifactSelector): PackageSelector {
  return {
    source: artifact,
    ...(version === undefined ? {} : { version }),
    ...(architecture === undefined ? {} : { architecture }),
  };
}
