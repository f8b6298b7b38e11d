import type { ContainerInput } from '@fatbuildr/containers';
import { logFrame, PIPE_WINDOW } from '@fatbuildr/domain';
import { beforeEach, expect, test, vi } from 'vitest';
import { type PipedInput, pipedInput } from './piped-input.ts';

let got: string;
let isEnded: boolean;
let isDeaf: boolean;
let told: number[];
let input: PipedInput;
const piece = (offset: number, text: string) => logFrame({ offset, bytes: Buffer.from(text) });
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  [got, isEnded, isDeaf, told] = ['', false, false, []];
  const command: ContainerInput = {
    write: async (bytes) => {
      if (isDeaf) await new Promise(() => {});
      got += Buffer.from(bytes);
    },
    end: () => void (isEnded = true),
  };
  input = pipedInput(Promise.resolve(command), (taken) => told.push(taken));
});

test('pieces arrive once and in order, whatever comes again or too early', async () => {
  input.take(piece(0, 'abc'));
  input.take(piece(6, 'ghi'));
  input.take(piece(0, 'abc'));
  input.take(piece(2, 'cdef'));
  input.take(piece(6, 'ghi'));
  await settled();
  expect(got).toBe('abcdefghi');
  expect(told).toEqual([3, 6, 9]);
  expect(input.taken).toBe(9);
});

test('it ends after its last byte, and not before that is there', async () => {
  input.take(piece(0, 'half a '));
  input.end(13);
  await settled();
  expect(isEnded).toBe(false);
  input.take(piece(7, 'script'));
  input.end(13);
  input.end(13);
  await settled();
  expect({ got, isEnded }).toEqual({ got: 'half a script', isEnded: true });
});

test('a command that reads nothing has no more than the window kept for it', async () => {
  isDeaf = true;
  const size = 32 * 1024;
  for (let offset = 0; offset < 2 * PIPE_WINDOW; offset += size) input.take(piece(offset, 'x'.repeat(size)));
  input.end(2 * PIPE_WINDOW);
  await settled();
  expect({ taken: input.taken, isEnded }).toEqual({ taken: 0, isEnded: false });
  input.end(PIPE_WINDOW);
  await settled();
  expect(isEnded).toBe(false);
});

test('what is piped in before the command is there waits for it; one that never comes takes nothing', async () => {
  const late = Promise.withResolvers<ContainerInput>();
  const onTaken = vi.fn();
  const waiting = pipedInput(late.promise, onTaken);
  waiting.take(piece(0, 'early'));
  await settled();
  expect(onTaken).not.toHaveBeenCalled();
  late.reject(new Error('no container'));
  waiting.take(piece(5, 'more'));
  await settled();
  expect(onTaken).not.toHaveBeenCalled();
});
