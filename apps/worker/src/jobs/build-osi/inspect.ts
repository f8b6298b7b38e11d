import { join } from 'node:path';
import { readImageResult } from '@fatbuildr/definition';
import { type BuildOsiOrder, Failure, osiStem } from '@fatbuildr/domain';
import { plainDirectory } from '../../files/untrusted.ts';
import type { Build } from '../build/build.ts';
import { PREPARE_ROOT, runPrepare } from '../build/prepare.ts';

/** The image that a definition asks for. */
export interface OrderedImage {
  name: string;
  /** The full version, as the api gave it. */
  version: string;
  /** What its files are called, but for what they are. */
  stem: string;
  /** The definition's directory on this host, and the configuration of mkosi in it. */
  definition: string;
  configuration: string;
}

const ARCHIVE = 'definition.tar';
const DEFINITION = 'definition';

/** Has `prepare` look at what the user sent, and learns the version of this build from the api. */
export async function inspectImage(build: Build<BuildOsiOrder>): Promise<OrderedImage> {
  const { job, directory } = build;
  const { artifact, derivative, source } = job.order;
  if (source.kind !== 'definition' || artifact === null) {
    throw new Failure('rejected', 'An OS image is built from an artifact definition.', {
      hint: 'Name the directory of one: fatbuildrctl build DIRECTORY -f osi',
    });
  }
  await job.api.fetchBlob(source.archive, join(directory.prepare, ARCHIVE));
  const text = await runPrepare(build, {
    command: 'image',
    artifact,
    derivative,
    archive: `${PREPARE_ROOT}/${ARCHIVE}`,
    directory: `${PREPARE_ROOT}/${DEFINITION}`,
  });
  const plan = readImageResult(text);
  for (const warning of plan.warnings) job.log.line(`warning: ${warning}`);
  const { full } = await job.api.version({ name: plan.name, main: plan.version, release: '' });
  job.log.line(`version ${full}`);
  return {
    name: plan.name,
    version: full,
    stem: osiStem(plan.name, full, job.order),
    definition: await plainDirectory(join(directory.prepare, DEFINITION)),
    configuration: plan.configuration,
  };
}
