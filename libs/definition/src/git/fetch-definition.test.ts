import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { type GitServer, gitServer, type ServedRepository } from '@fatbuildr/testing/git-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packDefinition } from '../pack.ts';
import type { GitRequest } from '../protocol.ts';
import { fetchDefinition } from './fetch-definition.ts';

const DEFINITION = { 'artifact.yml': 'version: "1.0"\n', 'deb/control': 'Source: hello\n', 'deb/rules': '#!/bin/sh\n' };

let work: string;
let server: GitServer;
let repository: ServedRepository;
let said: string[];
beforeEach(async () => {
  work = mkdtempSync(join(tmpdir(), 'fatbuildr-fetch-'));
  server = await gitServer();
  repository = await server.repository('hello.git');
  said = [];
});
afterEach(async () => {
  await server.close();
  rmSync(work, { recursive: true });
});

let fetches = 0;
const archive = () => join(work, `fetched${fetches}.tar.gz`);
const fetchIt = (asked: Partial<GitRequest> = {}) => {
  fetches += 1;
  const where = { directory: join(work, `repository${fetches}`), archive: archive(), result: '/nowhere' };
  const what = {
    command: 'git',
    url: repository.url,
    name: 'https://example.org/hello.git',
    artifact: 'hello',
  } as const;
  return fetchDefinition({ ...what, ...where, ref: null, subdir: null, ...asked }, (line) => said.push(line));
};
const failureOf = async (asked?: Partial<GitRequest>): Promise<Failure> => {
  const error = await fetchIt(asked).then(
    () => new Error('it was fetched'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw error;
};
const names = () =>
  execFileSync('tar', ['-tf', archive()], { encoding: 'utf8' }).split('\n').filter(Boolean).toSorted();
const content = (path: string) => execFileSync('tar', ['-xOf', archive(), path], { encoding: 'utf8' });

test('the definition of one commit, the same bytes as when its directory is uploaded', async () => {
  const commit = await repository.commit(DEFINITION);
  expect(await fetchIt()).toEqual({ commit, subdir: null });
  const uploaded = join(work, 'uploaded.tar.gz');
  await packDefinition(repository.directory, uploaded);
  expect(readFileSync(archive()).equals(readFileSync(uploaded))).toBe(true);
  expect(said).toEqual(['Fetching the default branch of https://example.org/hello.git', `Commit ${commit}`]);
});

describe('what is fetched may be named', () => {
  let first: string;
  let last: string;
  beforeEach(async () => {
    first = await repository.commit(DEFINITION);
    await repository.git('tag', '--annotate', '--message', 'Release', 'v1.0');
    await repository.git('branch', 'stable/1.x');
    last = await repository.commit({ 'artifact.yml': 'version: "2.0"\n' });
  });

  test.each(['v1.0', 'refs/tags/v1.0', 'stable/1.x'])('%s', async (ref) => {
    expect(await fetchIt({ ref })).toEqual({ commit: first, subdir: null });
    expect(content('artifact.yml')).toBe('version: "1.0"\n');
  });

  test('by a tag where a branch has the same name', async () => {
    await repository.git('branch', 'v1.0');
    expect(await fetchIt({ ref: 'v1.0' })).toMatchObject({ commit: first });
    expect(await fetchIt({ ref: 'refs/heads/v1.0' })).toMatchObject({ commit: last });
  });

  test('by the full id of a commit, also one that no branch ends at', async () => {
    expect(await fetchIt({ ref: last })).toMatchObject({ commit: last });
    expect(await fetchIt({ ref: first })).toMatchObject({ commit: first });
  });

  test('without its history', async () => {
    await fetchIt();
    const directory = join(work, `repository${fetches}`);
    expect(execFileSync('git', ['-C', directory, 'rev-list', '--count', 'FETCH_HEAD'], { encoding: 'utf8' })).toBe(
      '1\n',
    );
  });
});

describe('the directory of the definition is', () => {
  const packaging = { 'README.md': 'Packages\n', 'hello/artifact.yml': '', 'other/deep/artifact.yml': '' };

  test('the one called as the artifact, where the top is none', async () => {
    const commit = await repository.commit(packaging);
    expect(await fetchIt()).toEqual({ commit, subdir: 'hello' });
    expect(names()).toEqual(['artifact.yml']);
  });

  test('the one that is named, whatever the artifact', async () => {
    const commit = await repository.commit(packaging);
    expect(await fetchIt({ subdir: 'other/deep' })).toEqual({ commit, subdir: 'other/deep' });
  });

  test.each([
    [{ subdir: 'other' }, /^other has no artifact\.yml at [0-9a-f]{40}; there are deep\.$/],
    [{ subdir: 'nowhere' }, /hello\.git has no directory nowhere at/],
    [{ subdir: 'README.md' }, /has no directory README\.md at/],
    [{ artifact: 'unknown' }, /has no artifact\.yml at its top at [0-9a-f]{40}; there are README\.md, hello, other\.$/],
  ])('asked for again: %j', async (asked, message) => {
    await repository.commit(packaging);
    expect(await failureOf(asked)).toMatchObject({
      outcome: 'rejected',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--subdir'),
    });
  });
});

describe('refused, with what to do, is', () => {
  const makeTree = (...entries: string[]) => {
    const input = Buffer.from(entries.map((entry) => `${entry}\n`).join(''), 'latin1');
    return execFileSync('git', ['-C', repository.directory, 'mktree'], { input, encoding: 'utf8' }).trim();
  };
  const branchOf = async (name: string, tree: string) => {
    const commit = await repository.git('commit-tree', '-m', 'Odd', tree);
    await repository.git('update-ref', `refs/heads/${name}`, commit);
  };

  test('a branch that is not there', async () => {
    await repository.commit(DEFINITION);
    expect(await failureOf({ ref: 'nowhere' })).toMatchObject({
      outcome: 'rejected',
      message: 'https://example.org/hello.git has no branch or tag nowhere.',
      hint: expect.stringContaining('ls-remote'),
    });
  });

  test('a commit that is not there', async () => {
    await repository.commit(DEFINITION);
    expect(await failureOf({ ref: 'a'.repeat(40) })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining(`has no commit ${'a'.repeat(40)}`),
    });
  });

  test('an empty repository', async () => {
    expect(await failureOf()).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('is empty') });
  });

  test('a tag of what is no commit', async () => {
    await repository.commit(DEFINITION);
    await repository.git('tag', 'control', 'HEAD:deb/control');
    expect(await failureOf({ ref: 'control' })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('is not a commit'),
    });
  });

  test('a name that leads into .git', async () => {
    await repository.commit(DEFINITION);
    const blob = `100644 blob ${await repository.git('rev-parse', 'HEAD:deb/rules')}`;
    await branchOf('evil', makeTree(`${blob}\t.git`, `${blob}\tartifact.yml`));
    expect(await failureOf({ ref: 'evil' })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('what git itself would not write'),
    });
  });

  test('a small repository that unfolds to millions of files', async () => {
    await repository.commit(DEFINITION);
    const blob = `100644 blob ${await repository.git('rev-parse', 'HEAD:deb/rules')}`;
    let entry = blob;
    for (let level = 0; level < 7; level += 1) {
      const entries = Array.from({ length: 10 }, (_, index) => `${entry}\t${index}`);
      entry = `040000 tree ${makeTree(`${blob}\tartifact.yml`, ...entries)}`;
    }
    await branchOf('bomb', entry.split(' ')[2] ?? '');
    expect(await failureOf({ ref: 'bomb' })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('has more than 20000 files'),
    });
  });

  test('a name that is not UTF-8', async () => {
    await repository.commit(DEFINITION);
    const blob = `100644 blob ${await repository.git('rev-parse', 'HEAD:deb/rules')}`;
    const directory = `040000 tree ${makeTree(`${blob}\tfran\xe7ais.po`)}`;
    await branchOf('latin1', makeTree(`${blob}\tartifact.yml`, `${directory}\tdeb`));
    expect(await failureOf({ ref: 'latin1' })).toMatchObject({
      outcome: 'rejected',
      message: 'https://example.org/hello.git has a file whose name is not UTF-8: "deb/fran\ufffdais.po".',
      hint: expect.stringContaining('git mv'),
    });
  });

  test('a path that is longer than can be written', async () => {
    await repository.commit(DEFINITION);
    const blob = `100644 blob ${await repository.git('rev-parse', 'HEAD:deb/rules')}`;
    let entry = blob;
    for (let level = 0; level < 16; level += 1) entry = `040000 tree ${makeTree(`${entry}\t${'d'.repeat(250)}`)}`;
    await branchOf('deep', makeTree(`${blob}\tartifact.yml`, `${entry}\tdeep`));
    expect(await failureOf({ ref: 'deep' })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringMatching(/^https:\S+ has a path of 4020 bytes, more than 3500: "deep\/d+…"\.$/),
    });
  });

  test('a definition that is too large', async () => {
    await writeFile(join(repository.directory, 'large'), Buffer.alloc(9 * 1024 ** 2));
    await repository.commit();
    const blob = `100644 blob ${await repository.git('rev-parse', 'HEAD:large')}`;
    const copies = Array.from({ length: 30 }, (_, index) => `${blob}\t${index}`);
    await branchOf('large', makeTree(`${blob}\tartifact.yml`, ...copies));
    expect(await failureOf({ ref: 'large' })).toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('holds more than 256 MiB'),
    });
  });
});

describe('of a repository of strangers', () => {
  test('attributes change nothing: no export-ignore, no line ends, no filters', async () => {
    const attributes = '* text eol=crlf ident filter=lfs working-tree-encoding=UTF-16\ndeb export-ignore\n';
    await repository.git('config', 'core.attributesFile', '/dev/null');
    await writeFile(
      join(repository.directory, '.git/info/attributes'),
      '* -text -ident !filter !working-tree-encoding\n',
    );
    await repository.commit({ ...DEFINITION, '.gitattributes': attributes, 'deb/id': '$Id$\n' });
    await fetchIt();
    expect(names()).toEqual(['.gitattributes', 'artifact.yml', 'deb', 'deb/control', 'deb/id', 'deb/rules']);
    expect(content('deb/id')).toBe('$Id$\n');
    expect(content('deb/control')).toBe(DEFINITION['deb/control']);
  });

  test('links are packed as links, wherever they lead', async () => {
    await mkdir(join(repository.directory, 'deb'));
    await symlink('/etc/passwd', join(repository.directory, 'deb/copyright'));
    await repository.commit(DEFINITION);
    await fetchIt();
    expect(execFileSync('tar', ['-tvf', archive()], { encoding: 'utf8' })).toContain('deb/copyright -> /etc/passwd');
  });

  test('submodules are not fetched, and named', async () => {
    const other = await server.repository('other.git');
    const commit = await other.commit({ file: '' });
    await repository.commit({
      ...DEFINITION,
      '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ${other.url}\n`,
    });
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
    await repository.git('commit', '--quiet', '--message', 'Submodule');
    await fetchIt();
    expect(said).toContain('Warning: sub is a submodule, which is not fetched');
    expect(server.asked.filter((one) => one.includes('other.git'))).toEqual([]);
  });

  test('hooks and settings of it do not come along', async () => {
    await repository.commit(DEFINITION);
    await mkdir(join(repository.directory, '.git/hooks'), { recursive: true });
    await writeFile(join(repository.directory, '.git/hooks/post-checkout'), '#!/bin/sh\ntouch /tmp/hooked\n', {
      mode: 0o755,
    });
    await fetchIt();
    expect(execFileSync('ls', [join(work, `repository${fetches}`, '.git')], { encoding: 'utf8' })).not.toContain(
      'hooks',
    );
  });
});
