import type { Failure } from '@fatbuildr/domain';
import { createMkosiFollower } from '@fatbuildr/formats';
import { createLineFilter } from '../log/line-filter.ts';
import type { Job } from './job.ts';

/** What one run of mkosi prints goes to the log, and is followed. */
export interface MkosiOutput {
  onOutput(chunk: Buffer): void;
  /** Passes on what is held back, however the run ended. */
  end(): void;
  /** What the end of the run means, undefined for a success. */
  failure(exitStatus: number): Failure | undefined;
}

/** @param format what mkosi is to make, where that is to be told */
export function followMkosi(job: Job, format?: string): MkosiOutput {
  const follower = createMkosiFollower(format);
  const output = createLineFilter(
    (bytes) => job.log.output(bytes),
    (line) => {
      follower.line(line);
      return false;
    },
  );
  return {
    onOutput: (chunk) => output.write(chunk),
    end: output.end,
    failure: follower.end,
  };
}
