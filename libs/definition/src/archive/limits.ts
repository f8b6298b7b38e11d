import { Transform } from 'node:stream';
import { Failure } from '@fatbuildr/domain';

/** What opening an archive may cost. */
export interface ArchiveLimits {
  entries: number;
  /** Bytes of the archive after decompression. */
  bytes: number;
  /** Bytes after decompression by bytes before, once past {@link ratioFreeBytes}. */
  ratio: number;
}

const MiB = 1024 * 1024;

/** A definition is a handful of small text files. */
export const definitionLimits: ArchiveLimits = { entries: 20_000, bytes: 256 * MiB, ratio: 200 };

/** An upstream release may be large. */
export const upstreamLimits: ArchiveLimits = { entries: 1_000_000, bytes: 16 * 1024 * MiB, ratio: 200 };

/** A little text compresses well; nobody is hurt by so few bytes. */
const ratioFreeBytes = 16 * MiB;

/** Passes bytes on until they are too many for an archive that has `packedBytes` on disk. */
export function limitBytes(name: string, packedBytes: number, limits: ArchiveLimits): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limits.bytes) done(tooLarge(name, `it unpacks to more than ${limits.bytes} bytes`));
      else if (bytes > ratioFreeBytes && bytes > packedBytes * limits.ratio) {
        done(tooLarge(name, `it unpacks to more than ${limits.ratio} times its size`));
      } else done(null, chunk);
    },
  });
}

export function tooLarge(name: string, why: string): Failure {
  return new Failure('rejected', `The archive ${name} is refused: ${why}`, {
    hint: 'Leave out what the build does not need',
    where: name,
  });
}
