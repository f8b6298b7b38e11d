import { readFileSync } from 'node:fs';
import type { Config } from '@fatbuildr/config';
import { expect, test } from 'vitest';
import { farmParts, nodeOptions, services } from './parts.ts';

function configWith(url: string | undefined): Config {
  return { file: '/etc/f.yml', paths: { state: '/s' }, redis: { url, socket: '/r/redis.sock' } } as Config;
}

test('a private Redis first, then the services, each with the configuration', () => {
  const parts = farmParts(configWith(undefined), (name) => `/apps/${name}.ts`);
  expect(parts.map(({ name }) => name)).toEqual(['redis', 'api', 'publisher', 'worker']);
  expect(parts[1]).toMatchObject({
    command: process.execPath,
    args: [...nodeOptions('api'), '/apps/api.ts', '--config', '/etc/f.yml'],
  });
});

test('no Redis of its own where one is configured', () => {
  expect(farmParts(configWith('redis://db')).map(({ name }) => name)).toEqual(['api', 'publisher', 'worker']);
});

test.each(services)('the unit and the container of %s run Node with the same options', (name) => {
  const root = new URL('../../../', import.meta.url);
  const command = ['node', ...nodeOptions(name), `/usr/lib/fatbuildr/current/apps/${name}/src/main.ts`].join(' ');
  for (const file of [`deploy/systemd/fatbuildr-${name}.service`, 'docker-compose.yml']) {
    const words = readFileSync(new URL(file, root), 'utf8').replaceAll(/[\s,]+/g, ' ');
    expect(words).toContain(command);
  }
});
