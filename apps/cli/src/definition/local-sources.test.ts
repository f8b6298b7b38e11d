import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archiveOfSource, parseLocalSource } from './local-sources.ts';

let work: string;
let directory: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'fatbuildr-sources-'));
  directory = join(work, 'checkout');
  for (const [name, text] of Object.entries({
    'src/main.c': 'int main;\n',
    'src/.gitignore': '*.o\n',
    'src/main.o': 'object',
    'debian/control': 'Source: other\n',
    'sub/debian/kept': '',
    'notes.txt': 'not tracked',
  })) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
});
afterEach(() => rmSync(work, { recursive: true }));

function git(...args: string[]): void {
  const environment = { ...process.env, GIT_COMMITTER_DATE: '@1700000000 +0000', GIT_CONFIG_GLOBAL: '/dev/null' };
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@b.invalid'];
  execFileSync('git', ['-C', directory, ...who, ...args], { env: environment, stdio: 'pipe' });
}

function commit(): void {
  git('init', '--quiet');
  git('add', 'src', 'debian', 'sub');
  git('commit', '--quiet', '--message', 'First');
}

const options = { untracked: false, epoch: undefined };
const pack = (more: { untracked?: boolean; epoch?: string } = {}) => {
  const into = mkdtempSync(join(work, 'packed-'));
  const source = { id: 'hello', version: '3.0', path: directory };
  return archiveOfSource(source, { ...options, ...more, work: into });
};
const listed = (archive: string) =>
  execFileSync('tar', ['--utc', '-tvf', archive], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('d'))
    .map((line) => line.replaceAll(/ +/g, ' ').split(' '));
const names = (archive: string) => listed(archive).map((words) => words[5]);

test.each([
  ['~/src', { id: 'hello', version: undefined, path: '/home/~/src' }],
  ['data#/srv/data', { id: 'data', version: undefined, path: '/srv/data' }],
  ['3.0~rc1@checkout', { id: 'hello', version: '3.0~rc1', path: '/home/checkout' }],
  ['data#7@/srv/a@b#c', { id: 'data', version: '7', path: '/srv/a@b#c' }],
  ['/srv/a@b#c', { id: 'hello', version: undefined, path: '/srv/a@b#c' }],
])('%s', (text, source) => {
  expect(parseLocalSource(text, 'hello', '/home')).toEqual(source);
});

test('what git tracks, without .git* and debian/, the same bytes from another checkout', async () => {
  commit();
  const first = await pack();
  expect(names(first)).toEqual(['hello-3.0/src/main.c', 'hello-3.0/sub/debian/kept']);
  const [main] = listed(first);
  expect(main?.slice(1, 5)).toEqual(['0/0', '10', '2023-11-14', '22:13']);
  utimesSync(join(directory, 'src/main.c'), 1, 1);
  expect(readFileSync(await pack())).toEqual(readFileSync(first));
  expect(names(await pack({ untracked: true }))).toEqual([
    ...['hello-3.0/notes.txt', 'hello-3.0/src/main.c', 'hello-3.0/src/main.o', 'hello-3.0/sub/debian/kept'],
  ]);
});

test('all of a directory without git; an archive as it is', async () => {
  const archive = await pack({ epoch: '1000000000' });
  expect(names(archive)).toHaveLength(4);
  expect(listed(archive)[0]?.[3]).toBe('2001-09-09');
  const source = { id: 'hello', version: undefined, path: archive };
  expect(await archiveOfSource(source, { ...options, work })).toBe(archive);
});

test('nothing to pack is said', async () => {
  git('init', '--quiet');
  await expect(pack()).rejects.toThrow('git tracks no file');
  const missing = { id: 'hello', version: undefined, path: join(work, 'nowhere') };
  await expect(archiveOfSource(missing, { ...options, work })).rejects.toThrow('There is no');
});
