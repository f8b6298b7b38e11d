import { join } from 'node:path';
import { readSourceResult } from '@fatbuildr/definition';
import { plainDirectory } from '../../files/untrusted.ts';
import type { DebBuild, ReadySource } from './deb-build.ts';
import { PREPARE_ROOT, runPrepare } from './prepare.ts';
import { DEFINITION_PATH, type FetchedDefinition, target } from './sources.ts';

const OUTPUT = 'source-package';

/** Learns the version of this build from the api, and has `prepare` make the source package. */
export async function makeSourcePackage(build: DebBuild, { plan, sources }: FetchedDefinition): Promise<ReadySource> {
  const { job, directory } = build;
  const { main, release } = plan.version;
  const version = await job.api.version({ name: plan.name, main, release });
  job.log.line(`version ${version.full}`);
  const inContainer = sources.map((source, index) => ({ ...source, inside: `/sources/${index}/${source.filename}` }));
  const text = await runPrepare(
    build,
    {
      command: 'source',
      ...target(job.order, plan.name),
      definition: DEFINITION_PATH,
      plan,
      sources: inContainer.map(({ id, inside }) => ({ id, path: inside })),
      version: { full: version.full, dist: job.order.target.tag },
      changelog: version.changelog,
      architectures: [job.order.architecture],
      work: `${PREPARE_ROOT}/scratch`,
      output: `${PREPARE_ROOT}/${OUTPUT}`,
    },
    inContainer.map(({ path, inside }) => ({ source: path, target: inside, readOnly: true })),
  );
  const { dsc, files } = readSourceResult(text);
  return {
    name: plan.name,
    version: version.full,
    dsc,
    files,
    directory: await plainDirectory(join(directory.prepare, OUTPUT)),
  };
}
