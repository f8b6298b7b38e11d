import { describe, expect, it, vi } from 'vitest';
import { createSharedWork } from './shared-work.ts';

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
}

describe('shared work', () => {
  it('runs once for all who want it at the same time, and anew afterwards', async () => {
    const shared = createSharedWork<number>();
    const start = vi.fn(async () => start.mock.calls.length);
    const both = [shared.run('a', undefined, start), shared.run('a', undefined, start)];
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(await shared.run('a', undefined, start)).toBe(2);
  });

  it('goes on for the others when one leaves, and stops when all have left', async () => {
    const shared = createSharedWork<never>();
    const [first, second] = [new AbortController(), new AbortController()];
    let work: AbortSignal | undefined;
    const start = (signal: AbortSignal): Promise<never> => {
      work = signal;
      return untilAborted(signal);
    };
    const one = shared.run('a', first.signal, start);
    const two = shared.run('a', second.signal, start);
    first.abort(new Error('cancelled'));
    await expect(one).rejects.toThrow('cancelled');
    expect(work?.aborted).toBe(false);
    second.abort(new Error('also cancelled'));
    await expect(two).rejects.toThrow('also cancelled');
    expect(work?.aborted).toBe(true);
  });

  it('starts anew for a caller who comes after all have left', async () => {
    const shared = createSharedWork<string>();
    const leaving = new AbortController();
    const left = shared.run('a', leaving.signal, untilAborted);
    leaving.abort(new Error('cancelled'));
    const next = shared.run('a', undefined, async () => 'done');
    await expect(left).rejects.toThrow('cancelled');
    expect(await next).toBe('done');
  });
});
