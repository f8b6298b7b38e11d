import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import { type BuildDebOrder, Failure } from '@fatbuildr/domain';
import {
  CCACHE_DIRECTORY,
  cowbuilderBuildCommand,
  followBuild,
  PBUILDER_THAT_LEAVES,
  PBUILDER_UID,
  pbuilderBuildCommand,
  pbuilderrc,
} from '@fatbuildr/formats';
import { createLineFilter } from '../../log/line-filter.ts';
import type { PackageBuild } from '../build/build.ts';
import { type OpenCcache, openCcache } from '../build/ccache.ts';
import { createErrorFinder } from '../build/first-error.ts';
import { createPhaseMarker } from '../build/phase-marker.ts';
import type { ProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { warmEnvironment } from './dependencies.ts';
import { CHROOT, type Chroot } from './environment.ts';
import { writeHooks } from './hooks.ts';
import type { ReadySource } from './source-package.ts';

interface OpenEnvironment {
  chroot: Chroot;
  network: ProxiedNetwork;
}

/**
 * Builds the binary packages into the result directory. The phases `dependencies` and `build` are told by hooks.
 *
 * @throws Failure `dependency-failure` that names the unmet ones, `build-failure` with the first real error
 */
export async function runPbuilder(
  build: PackageBuild<BuildDebOrder>,
  source: ReadySource,
  run: OpenEnvironment,
): Promise<void> {
  const { host, job, image, directory } = build;
  const nonce = randomBytes(16).toString('hex');
  // cowbuilder copies one tree, and a layer is none.
  const warm = job.order.warm === false || run.chroot.builder === 'cowbuilder' ? undefined : host.warm;
  const dependenciesMet = warm !== undefined;
  const ccache = await ccacheOf(build, source, run.chroot);
  const hooks = await writeHooks(build, nonce, { installs: !dependenciesMet, ccache: ccache !== undefined });
  // who looks at a build that failed finds it there
  if (warm)
    run.chroot = (
      await warmEnvironment(build, source, { ...run, hooks, warm, besides: ccache ? ['ccache'] : [] })
    ).chroot;
  const { chroot } = run;
  const config = join(job.workspace, 'pbuilderrc');
  const settings = {
    httpProxy: run.network.proxyUrl,
    jobs: availableParallelism(),
    dependenciesMet,
    ccacheBytes: ccache?.maxBytes,
  };
  await writeFile(config, pbuilderrc(settings));

  const leaving =
    chroot.builder === 'cowbuilder' && job.order.interactive ? [await leavingPbuilder(job.workspace)] : [];

  const follower = followBuild(nonce);
  const errors = createErrorFinder();
  const phases = createPhaseMarker(job, dependenciesMet ? ['build'] : undefined);
  const output = createLineFilter(
    (bytes) => job.log.output(bytes),
    (line) => {
      const point = follower.line(line);
      if (point === undefined) errors.line(line);
      else phases.reached(point);
      return point !== undefined;
    },
  );

  const exit = await runInImage(host, job, image.root, {
    name: 'build',
    command: commandOf(build, source, chroot),
    network: run.network.network,
    // Without it pbuilder cannot take the network away from the build, and goes on with it.
    capabilities: ['CAP_NET_ADMIN'],
    environment: { LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    mounts: [
      ...chroot.mounts,
      ...leaving,
      ...(ccache ? [ccache.mount(join(CHROOT, CCACHE_DIRECTORY))] : []),
      { source: source.directory, target: '/build/source', readOnly: true },
      { source: directory.result, target: '/build/result' },
      { source: hooks, target: '/build/hooks', readOnly: true },
      { source: config, target: '/build/pbuilderrc', readOnly: true },
    ],
    onOutput: (chunk) => output.write(chunk),
  }).finally(() => {
    output.end();
    phases.over();
  });
  if (!dependenciesMet) job.log.line(run.network.summary());

  const failure = follower.end(exitStatus(exit));
  if (failure === undefined) return;
  throw failure.outcome === 'build-failure' ? explained(failure, errors.found()) : failure;
}

/** Undefined for cowbuilder, which makes its copy where nothing can be mounted before. */
async function ccacheOf(
  build: PackageBuild<BuildDebOrder>,
  source: ReadySource,
  { builder }: Chroot,
): Promise<OpenCcache | undefined> {
  if (builder === 'pbuilder') return openCcache(build, source.name, PBUILDER_UID);
  if (build.job.order.ccache) build.job.log.line('warning: builds by cowbuilder do without ccache');
  return undefined;
}

/** Has cowbuilder leave its copy of a build that failed. */
async function leavingPbuilder(workspace: string): Promise<Mount> {
  const source = join(workspace, 'pbuilder-that-leaves');
  await writeFile(source, PBUILDER_THAT_LEAVES, { mode: 0o755 });
  return { source, target: '/usr/local/sbin/pbuilder', readOnly: true };
}

function commandOf({ job }: PackageBuild<BuildDebOrder>, source: ReadySource, chroot: Chroot): [string, ...string[]] {
  const settings = {
    dsc: `/build/source/${source.dsc}`,
    result: '/build/result',
    config: '/build/pbuilderrc',
    hooks: '/build/hooks',
    binaries: job.order.primary ? ('any' as const) : ('arch' as const),
  };
  const command =
    chroot.builder === 'pbuilder'
      ? pbuilderBuildCommand({ ...settings, chroot: chroot.chroot })
      : cowbuilderBuildCommand({ ...settings, base: chroot.base, copies: chroot.copies });
  return command as [string, ...string[]];
}

function explained(failure: Failure, error: string | undefined): Failure {
  if (error === undefined) return failure;
  return new Failure('build-failure', `${failure.message}: ${error}`, {
    hint: failure.hint ?? 'The log shows what led to it, in the phase build.',
  });
}
