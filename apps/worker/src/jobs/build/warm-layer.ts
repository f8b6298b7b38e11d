import type { Overlay } from '@fatbuildr/containers';
import { toFailure } from '@fatbuildr/domain';
import { generationsOf } from '../../trees/tree-store.ts';
import type { UsedLayer, WarmLayers, WarmPlace } from '../../trees/warm-layers.ts';
import type { PackageBuild } from './build.ts';

/** Whose dependencies a build installs. */
export function warmPlace({ job, environment }: PackageBuild, artifact: string): WarmPlace {
  const { recipe, target, architecture, derivative } = job.order;
  const { instance, format, name } = recipe;
  const { distribution } = target;
  const { generation } = environment.held;
  return { instance, format, distribution, environment: name, generation, architecture, derivative, artifact };
}

/** An overlay over an environment in which dependencies were resolved, and installed unless they were found. */
export interface MetDependencies {
  place: WarmPlace;
  /** The key of what they come to; undefined where nobody could tell, and nothing is kept. */
  set: string | undefined;
  found: UsedLayer | undefined;
  overlay: Overlay;
}

/**
 * The layer that holds the dependencies: the one that was found, else what was installed, which is kept for later builds.
 * Where it cannot be kept the build goes on with what it installed. The overlay is taken away; the layer stays until the
 * job is over.
 */
export async function layerOf(
  { host, job }: PackageBuild,
  warm: WarmLayers,
  { place, set, found, overlay }: MetDependencies,
): Promise<string> {
  const used: { layer?: UsedLayer | undefined } = { layer: found };
  job.defer(async () => {
    used.layer?.release();
    // Its environment may have been replaced meanwhile, and nobody else looks at what it leaves.
    const generations = await generationsOf(host.trees);
    if (!generations.has(place.generation)) await warm.collect(generations);
  });
  await overlay.unmount();
  if (found === undefined && set !== undefined) {
    used.layer = await warm.keep(place, set, overlay.upper).catch((error: unknown) => {
      job.log.line(`warning: the dependencies are not kept for later builds: ${toFailure(error).message}`);
      return undefined;
    });
  }
  job.log.line(found ? 'dependencies: those of an earlier build, installed already' : 'dependencies: installed anew');
  return used.layer?.root ?? overlay.upper;
}
