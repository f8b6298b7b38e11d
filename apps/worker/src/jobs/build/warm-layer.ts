import type { Overlay } from '@fatbuildr/containers';
import type { UsedLayer, WarmLayers, WarmPlace } from '../../trees/warm-layers.ts';
import type { PackageBuild } from './build.ts';

/** Whose dependencies a build installs. */
export function warmPlace({ job, environment }: PackageBuild, artifact: string): WarmPlace {
  const { recipe, architecture, derivative } = job.order;
  const { instance, format, name } = recipe;
  const { generation } = environment.held;
  return { instance, format, environment: name, generation, architecture, derivative, artifact };
}

/** An overlay over an environment in which dependencies were resolved, and installed unless they were found. */
export interface MetDependencies {
  place: WarmPlace;
  /** The key of what they come to. */
  set: string;
  found: UsedLayer | undefined;
  overlay: Overlay;
}

/**
 * The layer that holds the dependencies: the one that was found, else what was installed, which is kept for later builds.
 * The overlay is taken away; the layer stays until the job is over.
 */
export async function layerOf(
  { job }: PackageBuild,
  warm: WarmLayers,
  { place, set, found, overlay }: MetDependencies,
): Promise<string> {
  await overlay.unmount();
  const layer = found ?? (await warm.keep(place, set, overlay.upper));
  job.defer(async () => layer?.release());
  job.log.line(found ? 'dependencies: those of an earlier build, installed already' : 'dependencies: installed anew');
  return layer?.root ?? overlay.upper;
}
