import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import type { BuildRpmOrder } from '@fatbuildr/domain';
import { dnfFailure, dnfTransaction } from '@fatbuildr/formats';
import type { WarmLayers } from '../../trees/warm-layers.ts';
import type { PackageBuild } from '../build/build.ts';
import { layerOf, warmPlace } from '../build/warm-layer.ts';
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
}

/** Installs from outside: what the spec file says was worked out in the environment before. */
export async function install(chroot: Chroot, installation: Installation): Promise<void> {
  const { status, output } = await builddep(chroot, installation);
  if (status !== 0) throw dnfFailure(output);
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
  { name: artifact, directory, file }: SourceRpm,
  warm: WarmLayers,
): Promise<void> {
  const { job, environment } = build;
  const overlay = await mountOverlay({ lower: [environment.root], workspace: join(job.workspace, 'dependencies') });
  const source = { root: overlay.merged, directory, file };
  const { status, output } = await builddep(chroot, { ...source, name: 'resolve' }, ['--assumeno']);
  const transaction = dnfTransaction(output);
  if (transaction === undefined) {
    // Nothing to install is a success.
    if (status !== 0) throw dnfFailure(output);
    return overlay.unmount();
  }
  const set = createHash('sha256').update(transaction).digest('hex');
  const place = warmPlace(build, artifact);
  const found = await warm.use(place, set);
  if (found === undefined) await install(chroot, { ...source, name: 'dependencies' });
  await chroot.lay(await layerOf(build, warm, { place, set, found, overlay }));
}

function builddep({ dnf }: Chroot, { name, root, directory, file }: Installation, options: string[] = []) {
  return dnf.run({
    name,
    root,
    args: [...options, 'builddep', `${REQUIREMENTS}/${file}`],
    mounts: [{ source: directory, target: REQUIREMENTS, readOnly: true }],
  });
}
