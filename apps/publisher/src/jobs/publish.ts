import { stat } from 'node:fs/promises';
import { Failure, type FileRef, type PublishOrder } from '@fatbuildr/domain';
import { type IncomingFile, type IngestedPackage, ingestAptPackages } from '@fatbuildr/registry';
import type { Job, Work } from '../attempt/job.ts';
import { changeRepository, subjectOf } from './change-repository.ts';
import type { Workshop } from './workshop.ts';

/** Adds what a build made to its repository. */
export function publish(workshop: Workshop): Work<PublishOrder> {
  return async (job) => {
    const subject = await subjectOf(workshop, job.order);
    const packages = await job.phase('ingest', () => ingest(workshop, job));
    const { derivative } = job.order;
    return changeRepository(workshop, job, subject, { add: packages.map((one) => ({ derivative, package: one })) });
  };
}

/** Reads and re-hashes every file that is to be published. */
async function ingest({ blobPath, read }: Workshop, job: Job<PublishOrder>): Promise<IngestedPackage[]> {
  const files = await Promise.all(job.order.files.map((file) => incoming(file, blobPath(file.sha256))));
  const packages = await ingestAptPackages(files, (file) => {
    job.signal.throwIfAborted();
    return read(file);
  });
  for (const { name, version, architecture, digest } of packages) {
    job.line(`${name} ${version} (${architecture}) sha256 ${digest}`);
  }
  return packages;
}

async function incoming(file: FileRef, path: string): Promise<IncomingFile> {
  await stat(path).catch((cause: unknown) => {
    throw new Failure('infrastructure-failure', `${file.name} cannot be read from the blob store at ${path}`, {
      hint: 'the publisher’s user must be able to read the blob store, and nothing may be removed from it by hand',
      cause,
    });
  });
  return { ...file, path };
}
