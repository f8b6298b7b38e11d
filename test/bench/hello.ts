import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { writeConfiguration } from '../e2e/configuration.ts';
import { type Farm, openFarm } from '../e2e/farm.ts';
import { bindKept, cache, unbindKept } from '../e2e/kept.ts';
import { bareTools } from './hello-bare.ts';
import { type Figure, median, medianOf, type Report, root } from './report.ts';
import { until } from './until.ts';

const ROUNDS = Number(process.env['BENCH_HELLO_ROUNDS'] ?? 5);

/** GNU hello from its .dsc: through the farm, and by the tools alone. */
export async function hello(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  const port = await freePort();
  await writeFile(join(directory, 'port'), `${port}`);
  await writeConfiguration(directory, port, 'http://127.0.0.1:1/no-rpms');
  await bindKept(directory);
  const farm = await openFarm(directory);
  try {
    await farm.startDaemon();
    for (const step of [
      ['keyring', 'create'],
      ['images', 'create'],
      ['images', 'env-create'],
    ]) {
      const { status, stderr } = await farm.ctl([...step, '--instance', 'default']);
      if (status !== 0) throw new Error(`fatbuildrctl ${step.join(' ')}: ${stderr}`);
    }
    const dsc = await helloSource(join(directory, 'hello'));
    const architecture = (await execa('dpkg', ['--print-architecture'])).stdout;
    const kept = join(cache, 'e2e');
    const bare = await bareTools(join(directory, 'bare'), {
      image: join(kept, 'images/deb/current/tree'),
      environment: join(kept, `environments/default/deb/bookworm-${architecture}/current/tree`),
    });
    try {
      return await compare(farm, bare, dsc);
    } finally {
      await bare.remove();
    }
  } finally {
    await farm.stopDaemon();
    await unbindKept(directory);
    await removeTree(directory);
  }
}

async function compare(farm: Farm, bare: { build(dsc: string): Promise<number> }, dsc: string): Promise<Report> {
  // Caches of packages are warm after the first, on both sides.
  await bare.build(dsc);
  await throughFarm(farm, dsc);
  const alone: number[] = [];
  const farmed: number[] = [];
  const phases = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    alone.push((await bare.build(dsc)) / 1000);
    const { took, phases: found } = await throughFarm(farm, dsc);
    farmed.push(took / 1000);
    for (const [name, ms] of found) phases.set(name, [...(phases.get(name) ?? []), ms / 1000]);
  }
  const { first, second } = await warmed(farm, dsc);
  return {
    title: 'GNU hello from its .dsc: the farm beside the bare tools',
    how:
      `Farm: from the start of \`fatbuildrctl build\` to the end of the task, when the repository has it (checks go on after that and are waited for). ` +
      `Bare: \`cowbuilder --build\` in a container of the same tool image on a copy of the same environment, and \`reprepro includedeb\`, unsigned. ` +
      `In turn, ${ROUNDS} times each after one of each to warm caches, without what earlier builds installed. ` +
      `With it: the first build, which installs its dependencies and keeps them, and ${ROUNDS} after it.`,
    figures: [
      medianOf('farm', 's', farmed),
      medianOf('bare tools', 's', alone),
      { name: 'farm ÷ bare', value: median(farmed) / median(alone), unit: '', target: { atMost: 1.1 } },
      medianOf('farm, warm, first', 's', first),
      medianOf('farm, warm, second', 's', second),
      { name: 'second ÷ first', value: median(second) / median(first), unit: '', target: { atMost: 0.8 } },
      ...[...phases].map(([name, samples]): Figure => medianOf(`farm, phase ${name}`, 's', samples)),
    ],
  };
}

/** The same again with what an earlier build installed; returns the time of the first, s, and of those after it. */
async function warmed(farm: Farm, dsc: string): Promise<{ first: number[]; second: number[] }> {
  const first = [(await throughFarm(farm, dsc, [])).took / 1000];
  const second: number[] = [];
  for (let round = 0; round < ROUNDS; round++) second.push((await throughFarm(farm, dsc, [])).took / 1000);
  return { first, second };
}

/** Builds and waits; returns how long it took (ms) and each phase before the end. */
async function throughFarm(
  farm: Farm,
  dsc: string,
  options: string[] = ['--no-warm'],
): Promise<{ took: number; phases: [string, number][] }> {
  const began = performance.now();
  const id = await farm.submit([dsc, '-d', 'bookworm', '-m', 'bench', '--instance', 'default', ...options]);
  await until(async () => (await farm.task(id)).state === 'done', 600_000, 100);
  const took = performance.now() - began;
  await until(async () => (await farm.client.workers({})).workers.every(({ busy }) => busy === 0), 120_000, 200);
  const task = await farm.task(id);
  if (task.outcome !== 'success') throw new Error(`hello ended as ${task.outcome}: ${task.cause?.message}`);
  const phases = task.jobs.flatMap((job) => job.attempts).flatMap((attempt) => attempt.phases);
  return {
    took,
    phases: phases
      .filter(({ name, ended }) => name !== 'check' && ended !== null)
      .map(({ name, began: from, ended }): [string, number] => [name, (ended ?? from) - from]),
  };
}

/** Downloads the source package of hello from the host's own archive; returns the path of its `.dsc`. */
async function helloSource(directory: string): Promise<string> {
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  const script = `
    . '${root}/scripts/lib.sh'; . '${root}/scripts/demo-parts.sh'
    cd "$1"
    host_source_entries > source.sources
    options=(-o "Dir::Etc::sourcelist=$1/source.sources" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1" -o APT::Sandbox::User=root -qq)
    apt-get "\${options[@]}" update
    apt-get "\${options[@]}" source --download-only --only-source hello`;
  await execa('bash', ['-c', script, `${root}/scripts/bench`, directory]);
  const dsc = (await readdir(directory)).find((file) => file.endsWith('.dsc'));
  if (dsc === undefined) throw new Error('apt downloaded no .dsc of hello');
  return join(directory, dsc);
}
