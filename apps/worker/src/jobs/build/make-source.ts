import { join } from 'node:path';
import { archName } from '@fatbuildr/domain';
import type { PackageBuild } from './build.ts';
import { PREPARE_ROOT, runPrepare } from './prepare.ts';
import { DEFINITION_PATH, type FetchedDefinition, target } from './sources.ts';

const OUTPUT = 'source-package';

/** What `prepare` made of a definition. */
export interface MadeSource {
  /** The text of its result. */
  text: string;
  /** The full version that the api gave. */
  version: string;
  /** Where it left its files, on this host. */
  directory: string;
}

/** Learns the version of this build from the api, and has `prepare` make the source package, or what makes one up. */
export async function makeSource(build: PackageBuild, { plan, sources }: FetchedDefinition): Promise<MadeSource> {
  const { job, directory } = build;
  const { recipe, target: to, architecture, architectures = [architecture] } = job.order;
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
      version: { full: version.full, dist: to.tag },
      changelog: version.changelog,
      architectures: architectures.map((one) => archName(one, recipe.format)),
      environment: recipe.name,
      work: `${PREPARE_ROOT}/scratch`,
      output: `${PREPARE_ROOT}/${OUTPUT}`,
    },
    { mounts: inContainer.map(({ path, inside }) => ({ source: path, target: inside, readOnly: true })) },
  );
  return { text, version: version.full, directory: join(directory.prepare, OUTPUT) };
}
