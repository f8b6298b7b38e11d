import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestUntrusted, plainDirectory, readUntrusted } from './untrusted.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-untrusted-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a plain file is read, one that is not there is undefined', async () => {
  const path = join(directory, 'file');
  await writeFile(path, 'abc');
  expect(await readUntrusted(path, 3)).toBe('abc');
  expect(await digestUntrusted(path, 3)).toEqual({
    size: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect(await readUntrusted(join(directory, 'none'), 3)).toBeUndefined();
});

test('reading ends with the job, however much there is', async () => {
  const path = join(directory, 'sparse');
  await writeFile(path, '');
  await truncate(path, 1024 ** 4);
  const signal = AbortSignal.timeout(50);
  await expect(digestUntrusted(path, 1024 ** 4, signal)).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('links, pipes, directories and what is too large are refused', async () => {
  const path = (name: string) => join(directory, name);
  await symlink('/etc/passwd', path('link'));
  await execa('mkfifo', [path('pipe')]);
  await mkdir(path('directory'));
  await writeFile(path('large'), 'abcd');
  for (const name of ['link', 'pipe', 'directory', 'large']) {
    await expect(readUntrusted(path(name), 3)).rejects.toMatchObject({ outcome: 'build-failure' });
  }
});

test('a directory that was replaced by a link is not gone into', async () => {
  await mkdir(join(directory, 'output'));
  expect(await plainDirectory(join(directory, 'output'))).toBe(join(directory, 'output'));
  await symlink('/root', join(directory, 'link'));
  for (const name of ['link', 'none']) {
    await expect(plainDirectory(join(directory, name))).rejects.toMatchObject({ outcome: 'build-failure' });
  }
});
