import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import type { BuildRpmOrder } from '@fatbuildr/domain';
import { dnfFailure } from '@fatbuildr/formats';
import type { WarmLayers } from '../../trees/warm-layers.ts';
import type { PackageBuild } from '../build/build.ts';
import { layerOf, warmPlace } from '../build/warm-layer.ts';
import type { DnfEnd } from '../rpm/dnf.ts';
import type { SourceRpm } from './builder.ts';
import type { Chroot } from './chroot.ts';

const REQUIREMENTS = '/build/requirements';

/** A source package whose requirements are to be installed into a tree; `name` is unique within the job. */
export interface Installation {
  name: string;
  root: string;
  /** The directory that it lies in, on this host, and its name there. */
  directory: string;
  file: string;
  /** Packages that are installed besides, where repositories have them. */
  besides?: readonly string[];
}

/** What dnf says that was told to go no further than this. */
const STOPPED = /^Operation aborted/m;

/** Installs from outside: what the spec file says was worked out in the environment before. */
export async function install(chroot: Chroot, installation: Installation): Promise<DnfEnd> {
  const end = await builddep(chroot, installation);
  if (end.status !== 0) throw dnfFailure(end.output);
  return end;
}

/**
 * Installs what the source package requires, or lays a layer under the build in which an earlier one of the same artifact
 * installed the same. That is done over the bare environment: no spec file was ever parsed in what is kept.
 *
 * @throws Failure `dependency-failure` that names what is missing
 */
export async function installOrLay(
  build: PackageBuild<BuildRpmOrder>,
  chroot: Chroot,
  { name: artifact, directory, file, besides }: SourceRpm & Pick<Installation, 'besides'>,
  warm: WarmLayers,
): Promise<void> {
  const { job, environment } = build;
  const overlay = await mountOverlay({ lower: [environment.root], workspace: join(job.workspace, 'dependencies') });
  job.defer(overlay.unmount);
  const source = { root: overlay.merged, directory, file, ...(besides && { besides }) };
  const resolved = await builddep(chroot, { ...source, name: 'resolve' }, ['--assumeno']);
  if (resolved.set === undefined && !STOPPED.test(resolved.output)) {
    // Nothing to install is a success.
    if (resolved.status !== 0) throw dnfFailure(resolved.output);
    return overlay.unmount();
  }
  const place = warmPlace(build, artifact);
  const found = resolved.set === undefined ? undefined : await warm.use(place, resolved.set);
  // What was installed counts: something may have been published since.
  const { set } = found ? resolved : await install(chroot, { ...source, name: 'dependencies' });
  await chroot.lay(await layerOf(build, warm, { place, set, found, overlay }));
}

function builddep(
  { dnf }: Chroot,
  { name, root, directory, file, besides = [] }: Installation,
  options: string[] = [],
): Promise<DnfEnd> {
  return dnf.run({
    name,
    root,
    args: [...options, 'builddep', `${REQUIREMENTS}/${file}`],
    mounts: [{ source: directory, target: REQUIREMENTS, readOnly: true }],
    tell: { besides },
  });
}
