import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { locate } from './locate.ts';

const cwd = mkdtempSync(join(tmpdir(), 'fatbuildr-locate-'));
for (const directory of ['hello', 'defs/hello', 'defs/packaging']) {
  mkdirSync(join(cwd, directory), { recursive: true });
  writeFileSync(join(cwd, directory, 'artifact.yml'), '');
}
for (const file of ['hello_1.dsc', 'hello-1-1.src.rpm']) writeFileSync(join(cwd, file), '');
afterAll(() => rmSync(cwd, { recursive: true }));

const definition = (directory: string, artifact: string) => ({
  kind: 'definition',
  directory: join(cwd, directory),
  artifact,
});

test.each([
  [{ path: 'hello' }, definition('hello', 'hello')],
  [{ artifact: 'hello' }, definition('hello', 'hello')],
  [{ artifact: 'hello', basedir: 'defs' }, definition('defs/hello', 'hello')],
  [{ artifact: 'hello', basedir: 'defs', subdir: 'packaging' }, definition('defs/packaging', 'hello')],
  [{ path: 'defs/packaging', artifact: 'other' }, definition('defs/packaging', 'other')],
  [{ path: 'hello_1.dsc' }, { kind: 'dsc', file: join(cwd, 'hello_1.dsc') }],
  [{ path: 'hello-1-1.src.rpm' }, { kind: 'srpm', file: join(cwd, 'hello-1-1.src.rpm') }],
])('%j', (options, expected) => {
  expect(locate({ ...options, cwd })).toEqual(expected);
});

test('the current directory, if it is a definition', () => {
  expect(locate({ cwd: join(cwd, 'hello') })).toEqual(definition('hello', 'hello'));
  expect(locate({ cwd: join(cwd, 'hello'), artifact: 'renamed' })).toEqual(definition('hello', 'renamed'));
});

test('a directory that is none is named', () => {
  expect(() => locate({ cwd })).toThrow(`${cwd} is not an artifact definition`);
  expect(() => locate({ path: 'missing.dsc', cwd })).toThrow('There is no');
});
