import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOverlay, type Overlay } from '@fatbuildr/containers';
import { type BuildDebOrder, Deb822Error, Failure } from '@fatbuildr/domain';
import { dependencyFailure, dependencyStub, installDependencies, NOTHING, toldSet } from '@fatbuildr/formats';
import { readUntrusted } from '../../files/untrusted.ts';
import { createLineFilter } from '../../log/line-filter.ts';
import type { WarmLayers } from '../../trees/warm-layers.ts';
import type { PackageBuild } from '../build/build.ts';
import { layerOf, warmPlace } from '../build/warm-layer.ts';
import type { ProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInTree } from '../run-in-image.ts';
import { type Chroot, chrootMount } from './environment.ts';
import { HOOKS_INSIDE, READY_HOOK } from './hooks.ts';
import type { ReadySource } from './source-package.ts';

const STUB = '/tmp/fatbuildr/build.dsc';
const LARGEST_DSC = 4 * 1024 ** 2;
/** What apt printed last is enough to tell what is missing. */
const KEPT_LINES = 2000;

/** A build's environment in which dependencies are to be met before the source package is there. */
export interface DependencyRun {
  chroot: Chroot;
  network: ProxiedNetwork;
  /** The directory of the build's hooks. */
  hooks: string;
  warm: WarmLayers;
  /** Packages that are installed besides what the source package requires. */
  besides: readonly string[];
}

/** The environment with build dependencies in it; does nothing for a builder that installs them itself. */
export async function warmEnvironment(
  build: PackageBuild<BuildDebOrder>,
  source: ReadySource,
  run: DependencyRun,
): Promise<{ chroot: Chroot }> {
  const { chroot } = run;
  if (chroot.builder === 'cowbuilder') return { chroot };
  const overlay = await build.job.phase('dependencies', () => meetDependencies(build, source, chroot.overlay, run));
  return { chroot: { ...chroot, mounts: [chrootMount(overlay.merged)], overlay } };
}

/**
 * Installs build dependencies, or lays a layer under the build in which an earlier one of the same artifact installed
 * the same. What is kept for later builds is taken before a byte of the source package is in the tree: nothing that a
 * package does reaches the next build.
 *
 * @throws Failure `dependency-failure` that names the unmet ones
 */
async function meetDependencies(
  build: PackageBuild<BuildDebOrder>,
  source: ReadySource,
  overlay: Overlay,
  { network, hooks, warm, besides }: DependencyRun,
): Promise<Overlay> {
  const { job, environment } = build;
  const place = warmPlace(build, source.name);
  const known = await warm.keys(place);
  const run = { root: overlay.merged, network, hooks, besides };
  const set = await resolveOrInstall(build, source, { ...run, known });
  if (set === NOTHING) return overlay;

  const found = known.includes(set) ? await warm.use(place, set) : undefined;
  // Gone since it was looked for.
  if (known.includes(set) && found === undefined) await resolveOrInstall(build, source, { ...run, known: [] });
  const layer = await layerOf(build, warm, { place, set, found, overlay });
  const warmed = await mountOverlay({ lower: [layer, environment.root], workspace: join(job.workspace, 'warm') });
  job.defer(warmed.unmount);
  return warmed;
}

/** Returns the set of packages that the dependencies come to; installed, unless known. */
async function resolveOrInstall(
  { host, job }: PackageBuild<BuildDebOrder>,
  source: ReadySource,
  {
    root,
    network,
    hooks,
    besides,
    known,
  }: Pick<DependencyRun, 'network' | 'hooks' | 'besides'> & {
    root: string;
    known: readonly string[];
  },
): Promise<string> {
  const nonce = randomBytes(16).toString('hex');
  const directory = join(job.workspace, 'dependencies');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'build.dsc'), await stubOf(source, besides));
  const script = installDependencies({
    stub: STUB,
    ready: `${HOOKS_INSIDE}/${READY_HOOK}`,
    nonce,
    known,
    binaries: job.order.primary ? 'any' : 'arch',
  });
  let set: string | undefined;
  const lines: string[] = [];
  const output = createLineFilter(
    (bytes) => job.log.output(bytes),
    (line) => {
      const told = toldSet(line, nonce);
      set ??= told;
      if (lines.push(line.slice(0, 1000)) > KEPT_LINES) lines.shift();
      return told !== undefined;
    },
  );
  const exit = await runInTree(host, job, root, {
    name: 'dependencies',
    command: ['/bin/sh', '-c', script],
    network: network.network,
    environment: { LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', http_proxy: network.proxyUrl },
    mounts: [
      { source: hooks, target: HOOKS_INSIDE, readOnly: true },
      { source: directory, target: '/tmp/fatbuildr', readOnly: true },
    ],
    onOutput: (chunk) => output.write(chunk),
  }).finally(() => output.end());
  job.log.line(network.summary());
  if (exitStatus(exit) !== 0) throw dependencyFailure(lines);
  if (set === undefined) throw new Failure('infrastructure-failure', 'apt did not tell what the dependencies are.');
  return set;
}

async function stubOf({ directory, dsc }: ReadySource, besides: readonly string[]): Promise<string> {
  const text = await readUntrusted(join(directory, dsc), LARGEST_DSC);
  try {
    return dependencyStub(text ?? '', besides);
  } catch (error) {
    if (!(error instanceof Deb822Error)) throw error;
    throw new Failure('rejected', `${dsc} cannot be read: line ${error.line}: ${error.message}`, {
      hint: 'Make it anew with dpkg-source.',
    });
  }
}
