import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControl } from './control.ts';
import type { Control } from './services.ts';
import { type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let control: Control;
let directory: string;
beforeEach(async () => {
  farm = await testControl();
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-control-logs-'));
  control = createControl({ ...farm.context, logsDirectory: directory });
});
afterEach(async () => {
  await control.stop();
  await farm.close();
  rmSync(directory, { recursive: true });
});

test('once started, a submission has its ticket at once; after the stop nothing is dispatched', async () => {
  await farm.ready();
  await control.start();
  const submit = async () => control.submissions.build('default', await farm.request(), { name: 'local' });
  await submit();
  await expect.poll(() => farm.tickets.waiting('default.deb.amd64'), { timeout: 500, interval: 5 }).toHaveLength(1);
  await control.stop();
  farm.tickets.queues.clear();
  await submit();
  expect(await farm.tickets.waiting('default.deb.amd64')).toEqual([]);
});

test('a stop does not wait for a Redis that is away', async () => {
  await farm.ready();
  farm.context.tickets.issue = () => new Promise(() => {});
  await control.start();
  await control.submissions.build('default', await farm.request(), { name: 'local' });
  const began = performance.now();
  await control.stop();
  expect(performance.now() - began).toBeLessThan(2_000);
});
