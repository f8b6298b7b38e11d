import { createHash } from 'node:crypto';
import { Order } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { local, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const limitsOf = async (task: { id: string }) => {
  const order = Order.parse(JSON.parse((await farm.database.stores.jobs.ofTask(task.id))[0]?.orderJson ?? ''));
  return 'limits' in order ? order.limits : undefined;
};

test('the narrowest scope says how much a build may use; images and environments are not builds', async () => {
  const { config } = farm.context;
  const [instance] = config.instances;
  config.limits.memoryBytes = 1;
  config.limits.diskBytes = 2;
  instance!.limits = { diskBytes: 20, processes: 30, running: 5 };
  instance!.distributions[0]!.limits = { processes: 300, wall: 4000 };
  expect(await limitsOf(await farm.build())).toEqual({
    wallMs: 4000,
    silenceMs: 3_600_000,
    logBytes: 1000,
    sourceBytes: 1000,
    resultBytes: 1000,
    memoryBytes: 1,
    processes: 300,
    diskBytes: 20,
  });
  const request = { operation: 'update' as const, force: false };
  const task = await farm.submissions.environments('default', request, local);
  expect(await limitsOf(task)).toMatchObject({ memoryBytes: null, processes: null, diskBytes: null });
});

test('a log may be as long as its own order says, and a little for what the worker adds', async () => {
  farm.context.config.instances[0]!.limits = { logBytes: 3 * 2 ** 20 };
  const call = await farm.claim((await farm.build()).id, one);
  farm.context.config.instances[0]!.limits = { logBytes: 1 };
  const piece = Buffer.alloc(2 ** 20, 'x');
  const sha256 = createHash('sha256').update(piece).digest('hex');
  const append = (offset: number) => farm.attempts.appendLog(call, { offset, bytes: piece, sha256 });
  for (const offset of [0, 1, 2, 3]) await append(offset * piece.length);
  await expect(append(4 * piece.length)).rejects.toMatchObject({ kind: 'too-large' });
});
