import { expect, test } from 'vitest';
import { configFileArgument } from './arguments.ts';

test('the argument wins over the environment, which wins over the default', () => {
  const environment = { FATBUILDR_CONFIG: '/env.yml' };
  expect(configFileArgument(['--config', '/arg.yml'], environment, '/default.yml')).toBe('/arg.yml');
  expect(configFileArgument([], environment, '/default.yml')).toBe('/env.yml');
  expect(configFileArgument([], {}, '/default.yml')).toBe('/default.yml');
});

test('refuses what it does not know', () => {
  expect(() => configFileArgument(['--confg', 'x'], {}, '/default.yml')).toThrow(/--confg/);
});
