import { z } from 'zod';

/** Where a task or a job stands. `publishing` is a task's only; see {@link file://./lifecycle.ts}. */
export const TaskState = z.enum(['blocked', 'queued', 'running', 'publishing', 'done']);
export type TaskState = z.infer<typeof TaskState>;

/** How a task, job or attempt ended. */
export const Outcome = z.enum([
  'success',
  'build-failure',
  'dependency-failure',
  'infrastructure-failure',
  'publish-failure',
  'timeout',
  'rejected',
  'cancelled',
]);
export type Outcome = z.infer<typeof Outcome>;
