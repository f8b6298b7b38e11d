import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function collect() {
  const lines: string[] = [];
  return { lines, destination: { write: (line: string) => void lines.push(line) } };
}

test('writes JSON lines with names of levels and ISO times', () => {
  const { lines, destination } = collect();
  const log = createLogger({ name: 'api', destination });
  log.info({ task: 'abc' }, 'task queued');
  log.debug('not at this level');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', name: 'api', task: 'abc', msg: 'task queued' });
  expect(JSON.parse(lines[0]!).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('writes for people', () => {
  const { lines, destination } = collect();
  const log = createLogger({ name: 'api', format: 'text', destination });
  log.warn({ task: 'abc', why: 'two words', tries: 2 }, 'task retried');
  log.error({ err: new Error('boom') }, 'task failed');
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}api: task retried {2}task=abc {2}why="two words" {2}tries=2\n$/,
  );
  expect(lines[1]).toMatch(/ERROR api: task failed\n {4}Error: boom\n/);
});
