import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environmentVariable } from './environment.ts';
import { InstanceFile } from './instance-schema.ts';
import { check } from './mistakes.ts';
import { leaves } from './schema-walk.ts';
import { ServerFile } from './server-schema.ts';
import { parseYaml } from './yaml-file.ts';

const manual = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const rows = [...manual.matchAll(/^\| `([^`]+)` \| (.+?) \|/gm)].map(([, key = '', second = '']) => ({ key, second }));

test('the manual describes every key of fatbuildr.yml, in order', () => {
  const keys = leaves(ServerFile).map(({ path }) => path.join('.'));
  expect(rows.slice(0, keys.length).map((row) => row.key)).toEqual(keys);
});

test('the variables in the manual are those that are read', () => {
  const variables = rows.filter((row) => row.second.startsWith('`FATBUILDR_'));
  expect(variables.length).toBeGreaterThan(2);
  for (const { key, second } of variables) expect(second).toBe(`\`${environmentVariable(key.split('.'))}\``);
});

test('the settings that docker-compose.yml makes are read', () => {
  const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  const made = [...compose.matchAll(/^ +(FATBUILDR_\w+):/gm)].map(([, name]) => name);
  expect(made.length).toBeGreaterThan(3);
  expect(leaves(ServerFile).map(({ path }) => environmentVariable(path))).toEqual(expect.arrayContaining(made));
});

test('the examples of the manual are right', () => {
  const [server, instance] = [...manual.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) =>
    parseYaml('example', text),
  );
  expect(check(ServerFile, server!.data, () => 'example').mistakes).toEqual([]);
  expect(check(InstanceFile, instance!.data, () => 'example').mistakes).toEqual([]);
});
