import type { Readable } from 'node:stream';
import { TooLargeError } from '@fatbuildr/blobs';
import { type FileRef, ProblemError } from '@fatbuildr/domain';
import { type Context, change } from './context.ts';
import { running } from './owned.ts';
import type { AttemptCall } from './services.ts';

/** Stores a file that an attempt hands in, under the digest computed here. The same file again is harmless. */
export async function storeAttemptFile(
  context: Context,
  call: AttemptCall,
  file: { name: string; sha256: string },
  body: Readable,
): Promise<FileRef> {
  // Checked before and after: the bytes may take long, and nobody writes for a job that is somebody else's.
  await change(context, (tx) => running(tx, call));
  const stored = await put(context, body);
  return change(context, async (tx) => {
    const { attempt } = await running(tx, call);
    await tx.blobs.add({ ...stored, created: tx.now });
    await tx.attempts.update(attempt.id, { heard: tx.now });
    if (stored.sha256 !== file.sha256) {
      throw new ProblemError(
        'digest-mismatch',
        `${file.name} arrived as ${stored.sha256}, announced was ${file.sha256}.`,
      );
    }
    const ref = { name: file.name, ...stored };
    await tx.blobs.refer(attempt.id, [stored.sha256]);
    await tx.results.putAttemptFile(attempt.id, ref);
    return ref;
  });
}

async function put({ blobs, config }: Context, body: Readable) {
  try {
    return await blobs.put(body, { limit: config.limits.resultBytes });
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw new ProblemError('too-large', `A file of a build may have ${error.limit} bytes (limits.resultBytes).`);
  }
}
