import type { PublishOrder } from '@fatbuildr/domain';
import {
  type IncomingFile,
  type IngestedPackage,
  ingestAptPackages,
  ingestImages,
  ingestRpms,
} from '@fatbuildr/registry';
import { signRpm } from '@fatbuildr/signing';
import type { Job, Work } from '../attempt/job.ts';
import { changeRepository } from './change-repository.ts';
import { incoming } from './incoming.ts';
import type { Workshop } from './workshop.ts';

/** Packages that were read, and what removes the files that were made for them. */
interface Ingested {
  packages: IngestedPackage[];
  release(): Promise<void>;
}

/** Adds what a build made to its repository. */
export function publish(workshop: Workshop): Work<PublishOrder> {
  return (job) =>
    changeRepository(workshop, job, async (request) => {
      const { packages, release } = await job.phase('ingest', () => ingest(workshop, job));
      const { derivative } = job.order;
      const changes = { add: packages.map((one) => ({ derivative, package: one })) };
      try {
        return await workshop.registry.publish({ ...request, changes });
      } finally {
        await release();
      }
    });
}

/** Reads and re-hashes every file that is to be published; RPM packages are signed. */
async function ingest(workshop: Workshop, job: Job<PublishOrder>): Promise<Ingested> {
  const { format, architectures } = job.order.repository;
  const files = await Promise.all(job.order.files.map((file) => incoming(file, workshop.blobPath(file.sha256))));
  const ingesting = {
    deb: () => ingestDebs(workshop, job, files),
    rpm: () => ingestSigned(workshop, job, files),
    osi: () => ({ packages: ingestImages(files, architectures[0] ?? ''), release: async () => {} }),
  };
  const ingested = await ingesting[format]();
  for (const { name, version, architecture, digest } of ingested.packages) {
    job.line(`${name} ${version} (${architecture}) sha256 ${digest}`);
  }
  return ingested;
}

async function ingestDebs({ readers }: Workshop, { signal }: Job, files: IncomingFile[]): Promise<Ingested> {
  await using session = readers.session();
  const packages = await ingestAptPackages(files, (file) => {
    signal.throwIfAborted();
    return session.readPackage(file);
  });
  return { packages, release: async () => {} };
}

async function ingestSigned(
  { registry, keyrings, readers }: Workshop,
  { signal, order }: Job<PublishOrder>,
  files: IncomingFile[],
): Promise<Ingested> {
  const keyring = await keyrings.get(order.instance);
  await using session = readers.session();
  const sign = (from: string, to: string) => {
    signal.throwIfAborted();
    return signRpm(from, to, keyring);
  };
  return await ingestRpms(files, session.readRpm, sign, registry.scratch);
}
