import { type BuildResult, handsInSource, isOneOfSeveral } from '@fatbuildr/domain';
import { hasOtherSources, sourcesOf } from '../environment/made-from.ts';
import { useEnvironment, useImage } from '../held-trees.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';
import { type PackageBuild, type PackageOrder, prepareWorkspace } from './build.ts';
import { type Sources, takeSources } from './sources.ts';

/** How packages of a format are built: these steps, in this order. `E` is an open environment, `S` a source package. */
export interface Builder<O extends PackageOrder, E, S> {
  /** Opens the environment for one build, in the phase `environment`. */
  open(build: PackageBuild<O>): Promise<E>;
  /** The source package, made in a phase of its own where it is not there yet. */
  source(build: PackageBuild<O>, sources: Sources, environment: E): Promise<S>;
  /** Builds into the result directory; marks the phases `dependencies` and `build` itself. */
  build(build: PackageBuild<O>, source: S, environment: E): Promise<void>;
  /**
   * The empty result of a job for which the source package has nothing to build; undefined where it has. Asked where other
   * jobs build the rest.
   */
  nothingOf(build: PackageBuild<O>, source: S): BuildResult | undefined;
  /** Sends the source package alone to the api. */
  collectSource(build: PackageBuild<O>, source: S): Promise<BuildResult>;
  /** Checks what the build left and sends it to the api, in the phase `collect`. */
  collect(build: PackageBuild<O>, source: S): Promise<BuildResult>;
  /** Shows in the log what there is to say of the result, in the phase `check`. Nothing follows from it. */
  check(build: PackageBuild<O>, result: BuildResult): Promise<void>;
}

/** Builds a package: from an artifact definition or a ready source package to files that the api has. */
export function buildPackage<O extends PackageOrder, E, S>(host: Host, builder: Builder<O, E, S>): Work<O> {
  return async (job) => {
    const build = await begin(host, job);
    const sources = await job.phase('sources', () => takeSources(build));
    const environment = await job.phase('environment', () => builder.open(build));
    const source = await builder.source(build, sources, environment);
    const sourceAlone = async () => ({ build: await job.phase('collect', () => builder.collectSource(build, source)) });
    if (job.order.part === 'source') return sourceAlone();
    const nothing = isOneOfSeveral(job.order) ? builder.nothingOf(build, source) : undefined;
    if (nothing !== undefined) return handsInSource(job.order) ? sourceAlone() : { build: nothing };
    await builder.build(build, source, environment);
    const result = await job.phase('collect', () => builder.collect(build, source));
    return { build: result, after: () => job.phase('check', () => builder.check(build, result)) };
  };
}

/** Takes the trees that the build runs on, which fails at once when one is missing, and tells the api which they are. */
async function begin<O extends PackageOrder>(host: Host, job: Job<O>): Promise<PackageBuild<O>> {
  const { recipe, target } = job.order;
  const image = await useImage(host, job, recipe.format);
  const environment = await useEnvironment(host, job, recipe, target.distribution);
  job.log.line(`image ${image.held.generation}, environment ${recipe.name} ${environment.held.generation}`);
  if (hasOtherSources(environment.held, sourcesOf(recipe, await host.mirrors()))) {
    job.log.line(
      `warning: the environment ${recipe.name} was made from other sources than the configuration names now; make it anew: ` +
        `fatbuildrctl images env-update --instance ${recipe.instance} -f ${recipe.format} -d ${target.distribution}`,
    );
  }
  await job.api.trees({ image: image.held.generation, environment: environment.held.generation });
  return { host, job, image, environment, directory: await prepareWorkspace(job.workspace) };
}
