import { z } from 'zod';

/** One build of an artifact as its changelog tells it, in every format. */
export const ChangelogEntry = z.strictObject({
  /** The full version as published, e.g. `2.10-1.deb12+build2`. */
  version: z.string().min(1).max(256),
  distribution: z.string().min(1).max(64),
  author: z.strictObject({ name: z.string().min(1).max(256), email: z.string().min(3).max(256) }),
  /** What the submitter said of the change; may have several lines. */
  message: z.string().max(16_384),
  /** Milliseconds since the epoch, UTC. */
  timestamp: z.int().nonnegative(),
  taskId: z.string().min(1).max(64),
  instance: z.string().min(1).max(64),
});
export type ChangelogEntry = z.infer<typeof ChangelogEntry>;
