import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { writeConfiguration } from '../e2e/configuration.ts';
import { type Farm, openFarm } from '../e2e/farm.ts';
import { bindKept, cache, unbindKept } from '../e2e/kept.ts';
import { serveRpmDistribution } from '../e2e/rpm/distribution.ts';
import { serve } from '../integration/registry/static-server.ts';
import { cacheHello } from './hello-source.ts';
import { median, medianOf, type Report, root } from './report.ts';
import { type BareRpmTools, bareRpmTools } from './rpm-bare.ts';
import { dependencyRepository, smallProgram } from './rpm-dependencies.ts';
import { type Farmed, phaseFigures, throughFarm, warmed } from './through-farm.ts';

const ROUNDS = Number(process.env['BENCH_RPM_ROUNDS'] ?? 5);
const FOR = ['--instance', 'rpms', '-d', 'el9'];

/** GNU hello from its source RPM: through the farm, and by the tools alone; then what warm environments save. */
export async function rpm(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  const port = await freePort();
  await writeFile(join(directory, 'port'), `${port}`);
  const distribution = await serveRpmDistribution(cache);
  const required = await dependencyRepository(join(directory, 'dependencies'));
  const dependencies = await serve(join(directory, 'dependencies'));
  await writeConfiguration(directory, port, distribution.url);
  await addRepository(join(directory, 'etc/instances.d/rpms.yml'), dependencies.url);
  await bindKept(directory);
  const farm = await openFarm(directory);
  try {
    await farm.startDaemon();
    for (const step of [
      ['keyring', 'create'],
      ['images', 'create', '-f', 'rpm'],
      ['images', 'env-create'],
    ]) {
      const { status, stderr } = await farm.ctl([...step, '--instance', 'rpms']);
      if (status !== 0) throw new Error(`fatbuildrctl ${step.join(' ')}: ${stderr}`);
    }
    const environments = join(cache, 'e2e/environments/rpms/rpm');
    const [environment = ''] = await readdir(environments);
    const bare = await bareRpmTools(join(directory, 'bare'), {
      image: join(cache, 'e2e/images/rpm/current/tree'),
      environment: join(environments, environment, 'current/tree'),
      repositories: [distribution.url, dependencies.url],
      dbpath: '/var/lib/rpm',
    });
    try {
      return await compare(farm, bare, required);
    } finally {
      await bare.remove();
    }
  } finally {
    await farm.stopDaemon();
    await unbindKept(directory);
    await dependencies.close();
    await distribution.close();
    await removeTree(directory);
  }
}

async function addRepository(instance: string, url: string): Promise<void> {
  const text = await readFile(instance, 'utf8');
  const more = text.replaceAll('repositories: [', `repositories: [{ id: bench, baseurl: '${url}' }, `);
  if (more === text) throw new Error(`${instance} has no list of repositories`);
  await writeFile(instance, more);
}

async function compare(farm: Farm, bare: BareRpmTools, required: string): Promise<Report> {
  const sourceRpm = await sourceRpms(farm, required);
  const build = async (file: string) => throughFarm(farm, [file, ...FOR, '--no-warm']);
  // Caches of packages are warm after the first, on both sides.
  const unmeasured = await sourceRpm('0');
  await bare.build(unmeasured);
  await build(unmeasured);
  const alone: number[] = [];
  const farmed: Farmed[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const source = await sourceRpm(`${round}`);
    alone.push((await bare.build(source)) / 1000);
    farmed.push(await build(source));
  }
  const seconds = farmed.map(({ took }) => took);
  const program = await smallProgram(farm.directory, join(farm.directory, 'definitions'), required);
  return {
    title: 'GNU hello from its source RPM: the farm beside the bare tools',
    how:
      'Farm: from the start of `fatbuildrctl build --no-warm` to the end of the task, when the repository has it (checks go on after that and are waited for). ' +
      'Bare: `dnf builddep`, `rpmbuild --rebuild` as an ordinary user without network and `createrepo_c --update`, in containers of the same trees, unsigned. ' +
      'Both install 40 packages, made up, with 60 MB and 4,000 files. ' +
      `In turn, ${ROUNDS} times each after one of each to warm caches; each round its own release. ` +
      `Warm: a small C program from its definition, with the same packages and a new build number each time; ${ROUNDS} times a build that finds nothing kept, and the next.`,
    figures: [
      medianOf('farm', 's', seconds),
      medianOf('bare tools', 's', alone),
      { name: 'farm ÷ bare', value: median(seconds) / median(alone), unit: '', target: { atMost: 1.1 } },
      ...phaseFigures('farm', farmed),
      ...(await warmed(farm, [program, '-f', 'rpm', ...FOR], ROUNDS)),
    ],
  };
}

/**
 * Makes source RPMs of GNU hello that require a package more, from what the farm makes of the definition: one for each
 * release that is asked for, since a version is published only once.
 */
async function sourceRpms(farm: Farm, required: string): Promise<(release: string) => Promise<string>> {
  await cacheHello(farm.directory);
  const built = await throughFarm(farm, [join(root, 'examples/hello'), '-f', 'rpm', ...FOR]);
  const directory = join(farm.directory, 'hello');
  const { status, stderr } = await farm.ctl(['download', built.task, '-o', directory]);
  if (status !== 0) throw new Error(`not downloaded: ${stderr}`);
  const script = `mkdir -p "$1/top" && cd "$1"
    macros=(--define "_topdir $1/top" --define "_srcrpmdir $1/$2" --dbpath "$1/db")
    rpm -i --nosignature "\${macros[@]}" ./*.src.rpm
    sed -i -e "s/^Release:.*/Release: $2/" -e "s/^BuildRequires: gcc/&\\nBuildRequires: $3/" top/SPECS/hello.spec
    rpmbuild -bs --nodeps "\${macros[@]}" top/SPECS/hello.spec`;
  return async (release) => {
    await execa('bash', ['-ec', script, 'bash', directory, `${release}.bench`, required], { env: { HOME: directory } });
    const [file = ''] = await readdir(join(directory, `${release}.bench`));
    return join(directory, `${release}.bench`, file);
  };
}
