import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDebOrder, FileRef } from '@fatbuildr/domain';
import { fakePackages } from '@fatbuildr/worker/src/jobs/fake-packages.ts';
import { dscVersion } from '@fatbuildr/worker/src/jobs/fake-source.ts';
import type { Finished, Job } from '@fatbuildr/worker/src/jobs/job.ts';
import type { BenchFarm } from './farm.ts';
import { simulateWorker } from './simulated-worker.ts';

/*
 * A worker in a process of its own whose builds fetch the source package that was ordered, as every build does, and hand it
 * in again with a made-up package beside it, as every build with its source does.
 */

export interface CourierOrder {
  farm: Pick<BenchFarm, 'directory' | 'redis' | 'url'>;
  name: string;
  secret: string;
}

process.once('message', ({ farm, name, secret }: CourierOrder) => {
  void simulateWorker(farm, { name, secret, slots: 1, build: carry }).then(() => process.send?.({}));
});

async function carry(job: Job<BuildDebOrder>): Promise<Finished> {
  const { order, workspace, api } = job;
  if (order.source.kind !== 'dsc') throw new Error('a ready source package was expected');
  const { dsc, files } = order.source;
  for (const file of [dsc, ...files]) await api.fetchBlob(file, join(workspace, file.name));
  const source = await dscVersion(join(workspace, dsc.name));
  const made: FileRef[] = [dsc, ...files];
  const spec = {
    source: source.name,
    version: source.version,
    distribution: order.target.distribution,
    architecture: order.architecture,
    maintainer: `${order.submitter.name} <${order.submitter.email}>`,
    timestamp: order.submitted,
  };
  for (const { name, content } of await fakePackages(spec, false)) {
    await writeFile(join(workspace, name), content);
    made.push({ name, size: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  }
  for (const file of made) await api.putFile(file, join(workspace, file.name));
  return { build: { source, files: made } };
}
