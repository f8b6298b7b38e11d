import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import { writeConfiguration } from '../e2e/configuration.ts';
import { openFarm } from '../e2e/farm.ts';
import { cache } from '../e2e/kept.ts';
import { serveRpmDistribution } from '../e2e/rpm/distribution.ts';
import type { Figure, Report } from './report.ts';

/** What is made, in an order in which each finds what it needs. */
const STEPS: [string, string[]][] = [
  ['image, deb, with the Debian that mkosi runs in', ['images', 'create', '-f', 'deb', '--instance', 'default']],
  ['image, rpm', ['images', 'create', '-f', 'rpm', '--instance', 'rpms']],
  ['image, osi', ['images', 'create', '-f', 'osi', '--instance', 'default']],
  ['image, deb, brought up to date', ['images', 'update', '-f', 'deb', '--instance', 'default']],
  ['environment, deb', ['images', 'env-create', '--instance', 'default']],
  ['environment, deb, brought up to date', ['images', 'env-update', '--instance', 'default']],
  ['environment, rpm', ['images', 'env-create', '--instance', 'rpms']],
];

/** Tool images and build environments from nothing, on a host that has no package yet. */
export async function trees(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  const port = await freePort();
  await writeFile(join(directory, 'port'), `${port}`);
  const repository = await serveRpmDistribution(cache);
  await writeConfiguration(directory, port, repository.url);
  const farm = await openFarm(directory);
  try {
    await farm.startDaemon();
    const figures: Figure[] = [];
    for (const [name, command] of STEPS) {
      const began = performance.now();
      const { status, stderr } = await farm.ctl(command);
      if (status !== 0) throw new Error(`fatbuildrctl ${command.join(' ')}: ${stderr}`);
      figures.push({ name, value: (performance.now() - began) / 1000, unit: 's' });
    }
    return {
      title: 'Tool images and build environments',
      how:
        'Each from the start of its fatbuildrctl to its end, once, one after the other, on a farm that begins with nothing. ' +
        'The environment of RPM packages is of a distribution of one package.',
      figures,
    };
  } finally {
    await farm.stopDaemon();
    await repository.close();
    await removeTree(directory);
  }
}
