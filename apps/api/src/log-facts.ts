import type { Logger } from '@fatbuildr/service';
import type { Fact } from './control/facts.ts';

/** Writes down what becomes of each task, so that its id leads through the log from its submission to its end. */
export function logFact(log: Logger, { fact, ...fields }: Fact): void {
  if (fact === 'task-submitted') log.info(fields, 'task submitted');
  else if (fact === 'attempt-began') log.info(fields, 'attempt began');
  else if (fact === 'attempt-ended') log.info(fields, 'attempt ended');
  else if (fact === 'task-ended') log.info(fields, 'task ended');
}
