import { expect, test, vi } from 'vitest';
import type { Job } from '../job.ts';
import { handIn, type ResultFile } from './result-files.ts';

const file = (name: string, size: number): ResultFile => ({ name, size, sha256: '0'.repeat(64), path: `/${name}` });

function job(resultBytes?: number) {
  const putFile = vi.fn(async () => {});
  return {
    putFile,
    job: { api: { putFile }, log: { line: () => {} }, order: { limits: { resultBytes } } } as unknown as Job,
  };
}

test('files are sent without their paths', async () => {
  const { job: one, putFile } = job();
  const [sent] = await handIn(one, [file('image_1.tar', 10)]);
  expect(sent).toEqual({ name: 'image_1.tar', size: 10, sha256: '0'.repeat(64) });
  expect(putFile).toHaveBeenCalledOnce();
});

test('one that is too large for the farm is the build’s fault, and none is sent', async () => {
  const { job: one, putFile } = job(100);
  await expect(handIn(one, [file('a', 1), file('image_1.tar', 101)])).rejects.toMatchObject({
    outcome: 'build-failure',
    message: 'image_1.tar has 101 bytes; the farm takes 100.',
  });
  expect(putFile).not.toHaveBeenCalled();
});
