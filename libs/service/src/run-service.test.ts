import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

const prelude = `
  import { createLogger, runService, refuseConfig } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  const log = createLogger({ name: 'svc' });
  const environment = process.env;
  const alive = setInterval(() => {}, 1000);
`;

function start(script: string) {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', prelude + script], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    env: { FATBUILDR_READY_FD: '3' },
  });
  running.push(child);
  const exit = once(child, 'exit').then(([code, signal]) => signal ?? code);
  return { child, exit, output: text(child.stdout!), ready: () => text(child.stdio[3] as never) };
}

const graceful = `runService({ log, environment, start: async () => ({ stop: async () => log.info('stop called') }) });`;

test('says ready, stops gracefully on SIGTERM', async () => {
  const { child, exit, output, ready } = start(graceful);
  expect(await ready()).toBe('ready\n');
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(await output).toContain('stop called');
});

test('stops when its parent is gone', async () => {
  const { child, exit, output, ready } = start(graceful);
  await ready();
  child.stdin!.end();
  expect(await exit).toBe(0);
  expect(await output).toContain('parent gone');
});

test('a second signal ends it at once', async () => {
  const { child, exit, ready } = start(
    `runService({ log, environment, start: async () => ({ stop: () => new Promise(() => {}) }) });`,
  );
  await ready();
  child.kill('SIGTERM');
  child.stdout!.once('data', () => child.kill('SIGINT'));
  expect(await exit).toBe(70);
});

test('a stop that hangs ends at its deadline', async () => {
  const { child, exit, output, ready } = start(
    `runService({ log, environment, stopWithin: 50, start: async () => ({ stop: () => new Promise(() => {}) }) });`,
  );
  await ready();
  child.kill('SIGTERM');
  expect(await exit).toBe(70);
  expect(await output).toContain('did not stop in time');
});

test('an error that nobody caught is logged and ends it with 70', async () => {
  const { exit, output } = start(
    `runService({ log, environment, start: async () => ({ stop: async () => {} }) });
     setTimeout(() => { throw new Error('boom'); }, 10);`,
  );
  expect(await exit).toBe(70);
  expect(await output).toContain('boom');
});

test('a start that fails never says ready', async () => {
  const { exit, output, ready } = start(
    `runService({ log, environment, start: async () => { throw new Error('port taken'); } });`,
  );
  expect(await ready()).toBe('');
  expect(await exit).toBe(70);
  expect(await output).toContain('port taken');
});

test('a configuration that cannot be used ends with 78', async () => {
  const { exit } = start(`
    const error = new Error('The configuration has a mistake');
    error.name = 'ConfigError';
    refuseConfig(error);
  `);
  expect(await exit).toBe(78);
});
