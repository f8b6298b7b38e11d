import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';

test('alone it runs the farm, with a name that service with its own options', () => {
  expect(parseCommandLine([])).toEqual({ action: 'run', config: undefined });
  expect(parseCommandLine(['--config', 'f.yml', '--check'])).toEqual({ action: 'check', config: 'f.yml' });
  expect(parseCommandLine(['--check', '-h'])).toEqual({ action: 'help' });
  expect(parseCommandLine(['worker', '--api', 'http://x', '--token', 't'])).toEqual({
    action: 'exec',
    service: 'worker',
    args: ['--api', 'http://x', '--token', 't'],
  });
});

test('refuses what it does not know', () => {
  expect(() => parseCommandLine(['redis'])).toThrow(/redis/);
  expect(() => parseCommandLine(['--chek'])).toThrow(/--chek/);
});
