import { expect, test } from 'vitest';
import { sharedSync } from './shared-sync.ts';

test('who asks while a sync runs waits for the next, and shares it', async () => {
  const running: PromiseWithResolvers<void>[] = [];
  const synced = sharedSync(() => {
    running.push(Promise.withResolvers());
    return (running.at(-1) as PromiseWithResolvers<void>).promise;
  });
  const told: string[] = [];
  const ask = (who: string) => synced().then(() => told.push(who));
  const asked = [ask('a'), ask('b')];
  await Promise.resolve();
  asked.push(ask('c'), ask('d'));
  running[0]?.resolve();
  await Promise.all(asked.slice(0, 2));
  expect(told).toEqual(['a', 'b']);
  expect(running).toHaveLength(2);
  running[1]?.resolve();
  await Promise.all(asked);
  expect(told).toEqual(['a', 'b', 'c', 'd']);
  expect(running).toHaveLength(2);
});

test('after one that failed all fail', async () => {
  let syncs = 0;
  const synced = sharedSync(async () => {
    syncs++;
    throw new Error('EIO');
  });
  await expect(synced()).rejects.toThrow('EIO');
  await expect(synced()).rejects.toThrow('EIO');
  expect(syncs).toBe(1);
});
