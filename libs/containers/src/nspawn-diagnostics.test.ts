import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { startedMark } from './nspawn-arguments.ts';
import { followDiagnostics } from './nspawn-diagnostics.ts';

const harmless = `Attempted to remove disk file system under "/run/systemd/nspawn/propagate/x", and we can't allow that.`;

test('the mark tells that the container is up; the harmless line is left out and others are kept', async () => {
  const stderr = new PassThrough();
  const diagnostics = followDiagnostics(stderr);
  stderr.end(`Directory tree /x is currently busy.\n${harmless}\n${harmless} Really.\n${startedMark}\n`);
  expect(await diagnostics.started).toBe(true);
  expect(diagnostics.text()).toBe(`Directory tree /x is currently busy.; ${harmless} Really.`);
  expect(diagnostics.killed()).toBe(false);
});

test('a killed container is known by what nspawn says', async () => {
  const stderr = new PassThrough();
  const diagnostics = followDiagnostics(stderr);
  stderr.end(`${startedMark}\nContainer x terminated by signal KILL.\n`);
  await diagnostics.started;
  await new Promise(setImmediate);
  expect(diagnostics.killed()).toBe(true);
});
