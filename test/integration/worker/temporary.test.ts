import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createNspawnRunner } from '@fatbuildr/containers';
import { newId } from '@fatbuildr/domain';
import type { Host } from '@fatbuildr/worker/src/jobs/host.ts';
import type { Job } from '@fatbuildr/worker/src/jobs/job.ts';
import { runInImage, runInTree } from '@fatbuildr/worker/src/jobs/run-in-image.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { containerOn, minimalTree, scratch } from '../containers/support.ts';
import { limits } from './orders.ts';

let workspace: string;
let removeScratch: () => Promise<void>;
let output: string;

beforeEach(async () => {
  ({ path: workspace, remove: removeScratch } = await scratch());
  output = '';
});
afterEach(() => removeScratch());

const host = { runner: createNspawnRunner({ warn: () => {} }), commands: {} } as unknown as Host;

function job(): Job {
  const log = { output: (chunk: Buffer) => void (output += chunk), line: () => {} };
  return { id: newId(), order: { limits }, log, workspace, signal: new AbortController().signal } as unknown as Job;
}

const SHELL = ['/bin/sh', '-c'] as const;

test('a job has more in /tmp than memory would hold, where its disk is counted', async () => {
  await runInImage(host, job(), await minimalTree(), {
    name: 'large',
    command: [...SHELL, 'stat -f -c %T /tmp; head -c 3000000 /dev/zero >/tmp/large; chown nobody /tmp/large'],
  });
  expect(output).not.toContain('tmpfs');
  expect((await stat(join(workspace, 'tmp', 'root-large', 'large'))).size).toBe(3_000_000);
});

test('a tree keeps its /tmp for the next command, away from other trees and from what may be kept', async () => {
  const { overlay } = await containerOn(workspace, 'environment');
  await runInTree(host, job(), overlay.merged, { name: 'build', command: [...SHELL, 'echo trace >/tmp/trace'] });
  await runInTree(host, job(), overlay.merged, { name: 'shell', command: [...SHELL, 'cat /tmp/trace'] });
  await runInImage(host, job(), await minimalTree(), { name: 'other', command: [...SHELL, 'ls -A /tmp'] });
  expect(output).toBe('trace\n');
  expect(await readdir(join(overlay.merged, 'tmp'))).toEqual([]);
  expect(await readFile(join(workspace, 'tmp', 'environment', 'trace'), 'utf8')).toBe('trace\n');
});
