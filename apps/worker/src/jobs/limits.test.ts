import { expect, test } from 'vitest';
import { inBytes, throwIfLimited } from './limits.ts';

const limits = {
  wallMs: 1,
  silenceMs: 1,
  logBytes: 1,
  sourceBytes: 1,
  memoryBytes: 512 * 2 ** 20,
  processes: 100,
  diskBytes: null,
};

test('a failure at a limit is the package’s, and says which', () => {
  const ended = (code: number | null, exceeded: ('memory' | 'processes')[]) => () =>
    throwIfLimited({ code, signal: code === null ? 'SIGKILL' : null, exceeded }, limits);
  expect(ended(2, ['memory'])).toThrow(
    expect.objectContaining({ outcome: 'build-failure', message: 'It used more than 512 MiB of memory.' }),
  );
  expect(ended(null, ['processes'])).toThrow('It needed more than 100 processes at once.');
  expect(ended(0, ['memory', 'processes'])).not.toThrow();
  expect(ended(2, [])).not.toThrow();
});

test('sizes for people', () => {
  expect([inBytes(1), inBytes(1536), inBytes(2 ** 30), inBytes(1.5 * 2 ** 30)]).toEqual([
    '1 bytes',
    '1.5 KiB',
    '1 GiB',
    '1.5 GiB',
  ]);
});
