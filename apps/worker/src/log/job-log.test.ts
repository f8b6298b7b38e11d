import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type JobLog, openJobLog } from './job-log.ts';

let directory: string;
let log: JobLog;
const onLimit = vi.fn();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-log-'));
  onLimit.mockReset();
  log = openJobLog({
    path: join(directory, 'log'),
    limit: 1000,
    onLimit,
    onError: (error) => expect.unreachable(error.message),
  });
});

afterEach(() => {
  log.close();
  rmSync(directory, { recursive: true });
});

test('a line of our own never hangs on the end of somebody else’s', () => {
  log.output(Buffer.from('no end'));
  log.line('==> build');
  log.line('next');
  expect(log.read(0, 1000).toString()).toBe('no end\n==> build\nnext\n');
});

test('lines of our own that are held back come after the output, each once; of very many the first', () => {
  log.line('shell');
  const from = log.length;
  const write = log.holdLines();
  log.output(Buffer.from([0, 255]));
  for (let count = 0; count < 1002; count++) log.line(`refused ${count}`);
  log.output(Buffer.from([7]));
  expect([...log.read(from, 100)]).toEqual([0, 255, 7]);
  write();
  write();
  log.line('over');
  const lines = log
    .read(from + 3, 100_000)
    .toString()
    .split('\n');
  expect(lines.slice(0, 3)).toEqual(['', 'refused 0', 'refused 1']);
  expect(lines.slice(-4)).toEqual(['refused 999', '(2 more lines of the build host were left out here)', 'over', '']);
  expect(lines).toHaveLength(1004);
});

test('output past the limit is dropped and told once; lines of our own still fit', () => {
  log.output(Buffer.alloc(999, 'x'));
  log.output(Buffer.from('yz'));
  log.output(Buffer.from('more'));
  expect(onLimit).toHaveBeenCalledTimes(1);
  log.line('full');
  expect(log.read(998, 100).toString()).toBe('xy\nfull\n');
});

test('reading stops where writing has come to', () => {
  log.output(Buffer.from([0xff, 0x00]));
  expect(log.read(1, 10)).toEqual(Buffer.from([0x00]));
  expect(log.read(2, 10).length).toBe(0);
});

test('a full disk is told once and not thrown at whoever writes; nothing counts as written', () => {
  const onError = vi.fn();
  const broken = openJobLog({ path: '/dev/full', limit: 1000, onLimit, onError });
  try {
    broken.output(Buffer.from('lost'));
    broken.output(Buffer.from('lost too'));
    broken.line('neither');
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'ENOSPC' }));
    expect(broken.length).toBe(0);
  } finally {
    broken.close();
  }
});
