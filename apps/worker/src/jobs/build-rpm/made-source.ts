import { dirname } from 'node:path';
import { Failure, parseRpmFileName } from '@fatbuildr/domain';
import { resultFiles } from '../build/result-files.ts';
import type { Job } from '../job.ts';
import type { SourceRpm } from './builder.ts';

/**
 * The one source RPM that a builder left in a directory, among files for us alone.
 *
 * @throws Failure `rejected` when there is none or more, or one that is not whole
 */
export async function madeSource(
  job: Pick<Job, 'order' | 'signal'>,
  directory: string,
  isOurs: (name: string) => boolean,
  buildargs: readonly string[],
): Promise<SourceRpm> {
  const files = await resultFiles(job, directory, (name) => isOurs(name) || /\.(no)?src\.rpm$/.test(name));
  const made = files.filter(({ name }) => !isOurs(name));
  const partial = made.find(({ name }) => name.endsWith('.nosrc.rpm'));
  if (partial !== undefined) {
    throw new Failure('rejected', `The spec file leaves sources out (NoSource, NoPatch): it makes ${partial.name}.`, {
      hint: 'Take those tags out: what is published is to hold all that it was built from.',
    });
  }
  const [only] = made;
  const parsed = only && parseRpmFileName(only.name);
  if (!only || !parsed || made.length > 1) {
    throw new Failure('rejected', `The spec file makes ${made.length} source packages; exactly one was expected.`);
  }
  const { name, version, release } = parsed;
  return { name, version: `${version}-${release}`, directory: dirname(only.path), file: only.name, buildargs };
}
