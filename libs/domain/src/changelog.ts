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

/**
 * What an entry tells, as points of one line or more: the message, whose lines that begin with `*` or `-` open a point
 * of their own, then the task that made the build.
 */
export function changelogPoints({ message, taskId, instance }: ChangelogEntry): [string, ...string[]][] {
  const lines = message.split('\n').map(oneLine).filter(Boolean);
  const points: [string, ...string[]][] = [];
  for (const line of lines) {
    const [, item] = /^[*-] +(.*)$/.exec(line) ?? [];
    if (item !== undefined || points.length === 0) points.push([item ?? line]);
    else points.at(-1)?.push(line);
  }
  if (points.length === 0) points.push(['No message given']);
  return [...points, [`Task ${oneLine(taskId)} of instance ${oneLine(instance)}`]];
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}
