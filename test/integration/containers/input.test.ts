import { randomBytes } from 'node:crypto';
import { createNspawnRunner } from '@fatbuildr/containers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containerOn, minimalTree, scratch } from './support.ts';

const runner = createNspawnRunner({ warn: () => undefined });
let directory: string;
let removeScratch: () => Promise<void>;

beforeAll(async () => {
  await minimalTree();
  const made = await scratch();
  directory = made.path;
  removeScratch = made.remove;
});
afterAll(() => removeScratch());

/** A container with something to read. */
async function open(name: string, script: string) {
  const { spec, output, bytes } = await containerOn(directory, name);
  const container = await runner.start(spec(script, { input: 'piped' }));
  const { input } = container;
  if (!input) throw new Error('it reads nothing');
  return { container, input, output, bytes };
}

test('what is written is read byte for byte, then the end', async () => {
  const every = randomBytes(500_000);
  const { container, input, bytes } = await open('piped', 'cat /dev/stdin; exit 3');
  await input.write(every.subarray(0, 10));
  await input.write(every.subarray(10));
  input.end();
  expect(await container.exited).toEqual({ code: 3, signal: null });
  expect(bytes().equals(every)).toBe(true);
});

test('an end without anything is an end', async () => {
  const { container, input, output } = await open('empty', 'cat; echo over');
  input.end();
  expect(await container.exited).toEqual({ code: 0, signal: null });
  expect(output()).toBe('over\n');
});

test('who writes to a command that reads nothing waits, and not longer than it lives', async () => {
  const { container, input } = await open('unread', 'exec sleep 1000');
  const writing = input.write(Buffer.alloc(1_000_000)).then(() => 'taken');
  const soon = new Promise((resolve) => setTimeout(resolve, 300));
  expect(await Promise.race([writing, soon])).toBeUndefined();
  await container.stop(100);
  expect(await writing).toBe('taken');
  await input.write(Buffer.from('late'));
  input.end();
});
