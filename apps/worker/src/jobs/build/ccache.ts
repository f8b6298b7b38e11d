import { join } from 'node:path';
import { bindRestricted, type Mount } from '@fatbuildr/containers';
import type { PackageBuild } from './build.ts';

/** What ccache kept of earlier builds of an artifact, open to one more. */
export interface OpenCcache {
  /** Its directory as a mount of the container that builds, at that path of it. */
  mount(target: string): Mount;
  /** What ccache may keep. */
  maxBytes: number;
}

/** Opens the results of an artifact for the user that builds, until the job is over; undefined where the order has none. */
export async function openCcache(
  { host, job }: PackageBuild,
  artifact: string,
  uid: number,
): Promise<OpenCcache | undefined> {
  if (!job.order.ccache) return undefined;
  const { recipe, target, architecture, derivative } = job.order;
  const { instance, format, name: environment } = recipe;
  const { distribution } = target;
  const place = { instance, format, distribution, environment, architecture, derivative, artifact };
  const cache = await host.ccache.use(place, uid);
  job.defer(() => cache.release());
  const source = join(job.workspace, 'ccache');
  const bound = await bindRestricted(cache.root, source);
  job.defer(() => bound.unmount());
  return { mount: (target) => ({ source, target }), maxBytes: host.ccache.artifactBytes };
}
