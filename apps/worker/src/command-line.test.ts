import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';

test('a token goes with the api that it is for', () => {
  const api = 'http://farm:8470';
  expect(parseCommandLine(['--api', api, '--token', 't'], {})).toEqual({
    config: undefined,
    enrolment: { api, token: 't' },
  });
  expect(() => parseCommandLine(['--token', 't'], {})).toThrow(/go together/);
  expect(() => parseCommandLine(['--api', 'farm', '--token', 't'], {})).toThrow(/not an http/);
});

test('later starts need no token; the configuration is that of the option or the environment', () => {
  expect(parseCommandLine([], { FATBUILDR_CONFIG: '/a' })).toEqual({ config: '/a', enrolment: undefined });
  expect(parseCommandLine(['--config', '/b'], { FATBUILDR_CONFIG: '/a' }).config).toBe('/b');
});
