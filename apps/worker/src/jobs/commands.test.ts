import { expect, test } from 'vitest';
import { overridden } from './commands.ts';

test('the words that the configuration names stand in place of the program', () => {
  const commands = { mkosi: ['mkosi', '--debug'] };
  expect(overridden(commands, ['mkosi', 'build'])).toEqual(['mkosi', '--debug', 'build']);
  expect(overridden(commands, ['dnf', 'install'])).toEqual(['dnf', 'install']);
  expect(overridden({ dnf: undefined }, ['dnf'])).toEqual(['dnf']);
  expect(overridden({}, ['toString'])).toEqual(['toString']);
});
