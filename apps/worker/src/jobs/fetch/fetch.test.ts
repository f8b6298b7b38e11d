import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchOrder } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { fetchDefinition } from './fetch.ts';

test('a tool image without git rejects the task, and says what to do', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fatbuildr-image-'));
  let released = false;
  const release = async () => {
    released = true;
  };
  const undo: (() => Promise<void>)[] = [];
  const trees = { use: async () => ({ root, held: { generation: '1' }, release }) };
  const job = { order: { format: 'deb' }, defer: (step: () => Promise<void>) => undo.push(step) };
  try {
    const work = fetchDefinition({ trees } as unknown as Host)(job as unknown as Job<FetchOrder>);
    await expect(work).rejects.toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('has no git'),
      hint: expect.stringContaining('fatbuildrctl images update -f deb'),
    });
    await Promise.all(undo.map((step) => step()));
    expect(released).toBe(true);
  } finally {
    rmSync(root, { recursive: true });
  }
});
