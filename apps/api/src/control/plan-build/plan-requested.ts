import type { Config } from '@fatbuildr/config';
import {
  type BuildRequest,
  buildFormat,
  type FetchedDefinition,
  type FetchOrder,
  type FileRef,
  type GitSource,
  isBuildOrder,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import type { Change } from '../context.ts';
import type { Plan } from '../new-task.ts';
import { unprocessable } from '../refusal.ts';
import { requireBlobs } from '../requirements.ts';
import { requireUploadable } from '../uploads.ts';
import { buildJobs, type PlannedTask, planBuild, type Request } from './plan-build.ts';

/** A build as it was asked for; `fetched` is what its repository held, if that is known. */
export async function planRequested(
  tx: Change,
  config: Config,
  task: PlannedTask,
  request: z.output<typeof BuildRequest>,
  fetched?: FetchedDefinition,
): Promise<Plan> {
  const { source } = request;
  if (source.kind !== 'git') return planBuild(tx, config, task, { ...request, source });
  const from = (archive: FileRef): Request => ({
    ...request,
    source: { kind: 'definition', archive, sources: source.sources },
  });
  if (fetched) {
    const { archive } = fetched;
    requireUploadable(config, { name: archive.name, length: archive.size });
    return planBuild(tx, config, task, from(archive));
  }
  const build = await buildJobs(tx, config, task, from(STAND_IN));
  await requireBlobs(
    tx,
    task.id,
    source.sources.map(({ file }) => file),
  );
  return fetchFirst(build, source);
}

/** In the place of the archive that is to be fetched, so that all else can be checked before; no host is given it. */
const STAND_IN: FileRef = { name: 'definition.tar.gz', sha256: '0'.repeat(64), size: 0 };

/** Instead of a build the job that fetches its definition, on a host that can do the first job of it. */
function fetchFirst({ jobs: [first], task }: Plan, { url, ref, subdir }: GitSource): Plan {
  if (!first || !isBuildOrder(first.order)) throw new Error('a build without a job');
  const { artifact, allowPrivateSources, limits } = first.order;
  if (artifact === null) throw new Error('a definition without a name');
  if (!allowPrivateSources && url.startsWith('http:')) {
    throw unprocessable(
      `Nothing protects what comes from ${url} on its way.`,
      'Name an https URL. The administrator may set allowPrivateSources in the file of the instance.',
    );
  }
  const order: FetchOrder = {
    kind: 'fetch',
    format: buildFormat(first.order),
    artifact,
    definition: { url, ...(ref === undefined ? {} : { ref }), ...(subdir === undefined ? {} : { subdir }) },
    allowPrivateSources,
    limits,
  };
  return { jobs: [{ name: 'fetch', capability: first.capability, order }], ...(task ? { task } : {}) };
}
