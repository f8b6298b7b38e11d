import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import type { BuildRpmOrder, Failure } from '@fatbuildr/domain';
import {
  isMocksOwn,
  isSourceFailure,
  MOCK_HOME,
  mockFailure,
  mockPoint,
  remadeSourceFailure,
  sourceRpmFailure,
  withWholeErrors,
} from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { withShellOnFailure } from '../build/failed-build.ts';
import { createPhaseMarker } from '../build/phase-marker.ts';
import { resultFiles } from '../build/result-files.ts';
import { systemIn } from '../held-trees.ts';
import type { Job } from '../job.ts';
import { dnfWith } from '../rpm/dnf.ts';
import { openMock } from '../rpm/mock.ts';
import { besideDnf } from '../rpm/shell-place.ts';
import type { ShellPlace } from '../shell-place.ts';
import { buildErrors } from './build-errors.ts';
import type { RpmBuilder, SourceRpm } from './builder.ts';
import { madeSource } from './made-source.ts';

const INPUT = '/build/source';

const isLog = (name: string) => /^[a-z_]+\.log$/.test(name) || name.endsWith('.buildreqs.nosrc.rpm');

/** mock of the tool image, on an overlay over the directory of its roots. Its logs become part of the attempt's. */
export async function openMockBuilder(build: PackageBuild<BuildRpmOrder>): Promise<RpmBuilder> {
  const { host, job, image, environment, directory } = build;
  const { recipe, target, farm } = job.order;
  if (job.order.ccache) job.log.line('warning: builds by mock do without ccache');
  const overlay = await mountOverlay({ lower: [environment.root], workspace: join(job.workspace, 'environment') });
  job.defer(overlay.unmount);
  const mock = await openMock(host, job, image, recipe, { base: overlay.merged, tag: target.tag, farm });

  return {
    async fromFiles({ directory: files, spec, buildargs }) {
      const result = join(job.workspace, 'srpm');
      const { status, output } = await mock.run({
        name: 'srpm',
        args: ['--buildsrpm', `--spec=${INPUT}/${spec}`, `--sources=${INPUT}`, ...buildargs],
        result,
        mounts: [{ source: files, target: INPUT, readOnly: true }],
      });
      if (isSourceFailure(status, output)) {
        throw sourceRpmFailure(status, withWholeErrors(output), `rpm/${spec}`);
      }
      const failure = mockFailure(status, output, undefined);
      if (failure !== undefined) throw failure;
      return madeSource(job, result, isLog, buildargs);
    },
    // mock makes it anew as the first step of a rebuild: then its version is known.
    fromSourceRpm: async (ready) => ({ ...ready, version: null }),
    build: (source) => withShellOnFailure(build, () => buildPackages(source), left),
  };

  async function buildPackages(source: SourceRpm): Promise<void> {
    const phases = createPhaseMarker(job);
    const errors = buildErrors((line) => {
      phases.reached(mockPoint(line));
      return isMocksOwn(line);
    });
    const result = join(job.workspace, 'mock');
    const { status, output } = await mock
      .run({
        name: 'build',
        args: ['--rebuild', `${INPUT}/${source.file}`, ...source.buildargs],
        result,
        mounts: [{ source: source.directory, target: INPUT, readOnly: true }],
        onOutput: errors.write,
      })
      .finally(phases.over);
    if (isSourceFailure(status, output)) throw remadeSourceFailure(status, withWholeErrors(output), source.file);
    const failure = mockFailure(status, output, errors.found());
    if (failure !== undefined) throw failure;
    await takePackages(job, result, directory.result);
  }

  /** The root, for people to look at; where dependencies were not met, with a dnf for what mock was to install. */
  async function left({ outcome }: Failure): Promise<ShellPlace> {
    const root = await systemIn({ root: overlay.merged, held: environment.held });
    const place = { workingDirectory: `${MOCK_HOME}/build`, environment: { LANG: 'C.UTF-8', HOME: MOCK_HOME } };
    if (outcome !== 'dependency-failure') return { root, ...place };
    const dnf = await dnfWith(host, job, image.root, recipe, mock.repositories);
    return besideDnf(job, { tree: root, image: image.root, dnf, ...place });
  }
}

/** Its logs are in the attempt's log; what is left are packages. */
async function takePackages(job: Job, from: string, to: string): Promise<void> {
  for (const { name, path } of await resultFiles(job, from, (file) => isLog(file) || file.endsWith('.rpm'))) {
    if (!isLog(name)) await rename(path, join(to, name));
  }
}
