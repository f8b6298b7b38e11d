import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Job } from '../job.ts';
import { announcedFile, handIn, resultFiles } from './result-files.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-results-'));
});
afterEach(() => rm(directory, { recursive: true }));

function job(resultBytes?: number, signal = new AbortController().signal) {
  const putFile = vi.fn(async () => {});
  return {
    putFile,
    job: { api: { putFile }, log: { line: () => {} }, order: { limits: { resultBytes } }, signal } as unknown as Job,
  };
}

test('files are sent without their paths', async () => {
  const { job: one, putFile } = job();
  await writeFile(join(directory, 'image_1.tar'), 'abc');
  const [sent] = await handIn(one, await resultFiles(one, directory, () => true));
  expect(sent).toEqual({ name: 'image_1.tar', size: 3, sha256: expect.stringMatching(/^ba7816bf/) });
  expect(putFile).toHaveBeenCalledOnce();
});

test('one that is too large for the farm is the build’s fault, and not read', async () => {
  const { job: one } = job(100);
  const file = { name: 'image_1.tar', size: 1024 ** 5, sha256: '0'.repeat(64) };
  await writeFile(join(directory, 'a'), 'a');
  await writeFile(join(directory, file.name), '');
  await truncate(join(directory, file.name), 1024 ** 4 * 5);
  const began = Date.now();
  const refused = { outcome: 'build-failure', message: 'image_1.tar has 5497558138880 bytes; the farm takes 100.' };
  await expect(resultFiles(one, directory, () => true)).rejects.toMatchObject(refused);
  await expect(announcedFile(one, directory, file)).rejects.toMatchObject(refused);
  expect(Date.now() - began).toBeLessThan(5000);
});

test('the end of the job is the end of reading', async () => {
  await writeFile(join(directory, 'sparse'), '');
  await truncate(join(directory, 'sparse'), 1024 ** 4);
  const signal = AbortSignal.timeout(50);
  await expect(resultFiles(job(undefined, signal).job, directory, () => true)).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});
