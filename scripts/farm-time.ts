import { readFileSync } from 'node:fs';
import { TaskDetail } from '@fatbuildr/domain';

/** The phases in which pbuilder itself runs. */
const PBUILDER = ['dependencies', 'build'];

/**
 * How long a build took from submit to installable, and how much of that was the farm's own: what pbuilder did not use.
 * Milliseconds, all by the server's clock.
 */
export function farmTime(task: TaskDetail): { total: number; pbuilder: number; own: number } {
  const phases = task.jobs.flatMap((job) => job.attempts).flatMap((attempt) => attempt.phases);
  const pbuilder = phases
    .filter(({ name, ended }) => PBUILDER.includes(name) && ended !== null)
    .reduce((sum, { began, ended }) => sum + ((ended ?? began) - began), 0);
  const total = (task.ended ?? task.created) - task.created;
  return { total, pbuilder, own: total - pbuilder };
}

if (import.meta.main) {
  const { total, pbuilder, own } = farmTime(TaskDetail.parse(JSON.parse(readFileSync(0, 'utf8'))));
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)}s`;
  console.log(
    `submit → installable ${seconds(total)}: pbuilder ${seconds(pbuilder)}, the farm's own time ${seconds(own)}`,
  );
}
