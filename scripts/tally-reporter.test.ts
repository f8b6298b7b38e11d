import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

const files: Record<string, string> = {
  'some.test.ts': `
    import { test } from 'vitest';
    test('works', () => {});
    test('breaks', () => { throw new Error('no'); });
    test('waits', ({ skip }) => skip('no disk to try it on'));
    test.skip('is left out', () => {});
  `,
  'broken.test.ts': `import './missing.ts';`,
  'unprepared.test.ts': `
    import { beforeAll, test } from 'vitest';
    beforeAll(() => { throw new Error('no service'); });
    test('never starts', () => {});
  `,
};

let folder: string;
let tally: string[];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fatbuildr-tally-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [name, source] of Object.entries(files)) writeFileSync(path.join(folder, name), source);
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const file = path.join(folder, 'tally.tsv');
  spawnSync(process.execPath, [vitest, 'run', `--reporter=${root}/scripts/tally-reporter.ts`], {
    cwd: folder,
    env: { PATH: process.env.PATH, FATBUILDR_TALLY: file },
  });
  tally = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('tells every test, reasons of skips and files that could not run', () => {
  expect(tally).toEqual([
    'failed\tbroken.test.ts\t',
    'failed\tsome.test.ts > breaks\t',
    'failed\tunprepared.test.ts\t',
    'passed\tsome.test.ts > works\t',
    'skipped\tsome.test.ts > is left out\tno reason given',
    'skipped\tsome.test.ts > waits\tno disk to try it on',
    'skipped\tunprepared.test.ts > never starts\tnot run: the set-up before it failed',
  ]);
});
