import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { writeConfiguration } from '../e2e/configuration.ts';
import { type Farm, openFarm } from '../e2e/farm.ts';
import { bindKept, cache, unbindKept } from '../e2e/kept.ts';
import { serveRpmDistribution } from '../e2e/rpm/distribution.ts';
import { median, medianOf, type Report, root } from './report.ts';
import { type BareRpmTools, bareRpmTools } from './rpm-bare.ts';

const ROUNDS = Number(process.env['BENCH_RPM_ROUNDS'] ?? 5);

/** GNU hello as an RPM from its definition: through the farm, and by the tools alone. */
export async function rpm(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  const port = await freePort();
  await writeFile(join(directory, 'port'), `${port}`);
  const repository = await serveRpmDistribution(cache);
  await writeConfiguration(directory, port, repository.url);
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
    await cacheHello(directory);
    const environments = join(cache, 'e2e/environments/rpms/rpm');
    const [environment = ''] = await readdir(environments);
    const bare = await bareRpmTools(join(directory, 'bare'), {
      image: join(cache, 'e2e/images/rpm/current/tree'),
      environment: join(environments, environment, 'current/tree'),
      repository: repository.url,
      dbpath: '/var/lib/rpm',
    });
    try {
      return await compare(farm, bare, directory);
    } finally {
      await bare.remove();
    }
  } finally {
    await farm.stopDaemon();
    await unbindKept(directory);
    await repository.close();
    await removeTree(directory);
  }
}

async function compare(farm: Farm, bare: BareRpmTools, directory: string): Promise<Report> {
  // Caches are warm after the first, on both sides; it also makes the source RPM for the other.
  const first = await throughFarm(farm, '--no-warm');
  await farm.ctl(['download', first.task, '-o', join(directory, 'first')]);
  const source = (await readdir(join(directory, 'first'))).find((name) => name.endsWith('.src.rpm'));
  if (source === undefined) throw new Error('the build left no source RPM');
  const sourceRpm = join(directory, 'first', source);
  await bare.build(sourceRpm);
  const samples: Record<'alone' | 'farmed', number[]> = { alone: [], farmed: [] };
  for (let round = 0; round < ROUNDS; round++) {
    samples.alone.push((await bare.build(sourceRpm)) / 1000);
    samples.farmed.push((await throughFarm(farm, '--no-warm')).took / 1000);
  }
  const { alone, farmed } = samples;
  return {
    title: 'GNU hello as an RPM: the farm beside the bare tools',
    how:
      'Farm: `fatbuildrctl build` of its definition, each time with a new build number, to the end of the task. Bare: `dnf builddep`, ' +
      '`rpmbuild --rebuild` of the source RPM and `createrepo_c --update` on the same trees, unsigned. The distribution has one package, ' +
      `so there are no dependencies to install. In turn, ${ROUNDS} times each after one of each.`,
    figures: [
      medianOf('farm', 's', farmed),
      medianOf('bare tools', 's', alone),
      { name: 'farm ÷ bare', value: median(farmed) / median(alone), unit: '', target: { atMost: 1.1 } },
    ],
  };
}

async function throughFarm(farm: Farm, ...options: string[]): Promise<{ task: string; took: number }> {
  const began = performance.now();
  const what = ['-b', join(root, 'examples'), '-a', 'hello', '-f', 'rpm', '-d', 'el9', '-m', 'bench'];
  const { task, stderr } = await farm.build([...what, '--instance', 'rpms', ...options]);
  const took = performance.now() - began;
  if (task?.outcome !== 'success')
    throw new Error(`hello ended as ${task?.outcome}: ${task?.cause?.message ?? stderr}`);
  return { task: task.id, took };
}

/** Puts the upstream tarball into the farm's source cache, from the host's own APT source packages. */
async function cacheHello(directory: string): Promise<void> {
  const sha256 = '31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b';
  const into = join(directory, 'cache/sources/sha256');
  const script = `. '${root}/scripts/lib.sh'; . '${root}/scripts/demo-parts.sh'
    mkdir -p "$1"; tarball_from_apt "$2" "$1/$2"`;
  await execa('bash', ['-c', script, `${root}/scripts/bench`, into, sha256]);
}
