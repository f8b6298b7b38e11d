import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { writeConfiguration } from '../e2e/configuration.ts';
import { type Farm, openFarm } from '../e2e/farm.ts';
import { bindKept, cache, unbindKept } from '../e2e/kept.ts';
import { bareTools } from './hello-bare.ts';
import { cacheHello, helloSource } from './hello-source.ts';
import { median, medianOf, type Report, root } from './report.ts';
import { type Farmed, phaseFigures, throughFarm, warmed } from './through-farm.ts';

const ROUNDS = Number(process.env['BENCH_HELLO_ROUNDS'] ?? 5);
const FOR = ['--instance', 'default', '-d', 'bookworm'];

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
  const build = () => throughFarm(farm, [dsc, ...FOR, '--no-warm']);
  // Caches of packages are warm after the first, on both sides.
  await bare.build(dsc);
  await build();
  const alone: number[] = [];
  const farmed: Farmed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push((await bare.build(dsc)) / 1000);
    farmed.push(await build());
  }
  const seconds = farmed.map(({ took }) => took);
  await cacheHello(farm.directory);
  return {
    title: 'GNU hello from its .dsc: the farm beside the bare tools',
    how:
      `Farm: from the start of \`fatbuildrctl build --no-warm\` to the end of the task, when the repository has it (checks go on after that and are waited for). ` +
      `Bare: \`cowbuilder --build\` in a container of the same tool image on a copy of the same environment, and \`reprepro includedeb\`, unsigned. ` +
      `In turn, ${ROUNDS} times each after one of each to warm caches. ` +
      `Warm: from its definition, with a new build number each time; ${ROUNDS} times a build that finds nothing kept, and the next.`,
    figures: [
      medianOf('farm', 's', seconds),
      medianOf('bare tools', 's', alone),
      { name: 'farm ÷ bare', value: median(seconds) / median(alone), unit: '', target: { atMost: 1.1 } },
      ...phaseFigures('farm', farmed),
      ...(await warmed(farm, [join(root, 'examples/hello'), '-f', 'deb', ...FOR], ROUNDS)),
    ],
  };
}
