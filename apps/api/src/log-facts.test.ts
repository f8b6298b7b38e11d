import type { Logger } from '@fatbuildr/service';
import { expect, test } from 'vitest';
import { logFact } from './log-facts.ts';

test('a task is in the log from its submission to its end; what is only counted is not', () => {
  const lines: [object, string][] = [];
  const log = { info: (fields: object, message: string) => lines.push([fields, message]) } as unknown as Logger;
  logFact(log, { fact: 'task-submitted', task: 't', kind: 'build', artifact: 'hello', by: 'local' });
  logFact(log, { fact: 'attempt-began', task: 't', attempt: 'a', job: 'build:amd64', host: 'one' });
  logFact(log, { fact: 'logged', bytes: 1 });
  logFact(log, { fact: 'attempt-ended', attempt: 'a', host: 'one', outcome: 'success', cause: null });
  expect(lines).toEqual([
    [{ task: 't', kind: 'build', artifact: 'hello', by: 'local' }, 'task submitted'],
    [{ task: 't', attempt: 'a', job: 'build:amd64', host: 'one' }, 'attempt began'],
    [{ attempt: 'a', host: 'one', outcome: 'success', cause: null }, 'attempt ended'],
  ]);
});
