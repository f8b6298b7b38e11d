import { expect, test } from 'vitest';
import { openTurns } from './turns.ts';

const never = new AbortController().signal;

/** Work that goes on until it is told to end, and notes what it does. */
function scene() {
  const { sharing, alone } = openTurns();
  const running = new Set<string>();
  const ends = new Map<string, () => void>();
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      running.add(name);
      ends.set(name, () => {
        running.delete(name);
        resolve();
      });
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    share: (name: string, signal = never, key = 'one') => sharing(key, signal, work(name)),
    alone: (name: string, signal = never, key = 'one') => alone(key, signal, work(name)),
    async now() {
      await settle();
      return [...running].toSorted().join(' ');
    },
    end: (name: string) => ends.get(name)?.(),
  };
}

test('those that share run side by side; one that is alone waits for them, and they for it', async () => {
  const { share, alone, now, end } = scene();
  void share('a');
  void share('b');
  void alone('c');
  void share('d');
  expect(await now()).toBe('a b');
  end('a');
  expect(await now()).toBe('b');
  end('b');
  expect(await now()).toBe('c');
  end('c');
  expect(await now()).toBe('d');
});

test('other keys do not wait', async () => {
  const { alone, now } = scene();
  void alone('a');
  void alone('b', never, 'two');
  expect(await now()).toBe('a b');
});

test('who gives up while it waits lets nobody past what is before it', async () => {
  const { share, alone, now, end } = scene();
  const leaving = new AbortController();
  void share('a');
  const left = alone('b', leaving.signal);
  void share('c');
  leaving.abort(new Error('cancelled'));
  await expect(left).rejects.toThrow('cancelled');
  expect(await now()).toBe('a');
  end('a');
  expect(await now()).toBe('c');
});

test('work that fails ends its turn', async () => {
  const { sharing, alone } = openTurns();
  await expect(alone('one', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await sharing('one', never, async () => 'next')).toBe('next');
});
