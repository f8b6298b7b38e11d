import { describe, expect, it } from 'vitest';
import { GitRef, RepositoryDirectory, RepositoryUrl } from './git.ts';

const takes = (schema: typeof GitRef, text: string) => schema.safeParse(text).success;

describe('the address of a repository', () => {
  it.each(['https://example.org/packaging.git', 'https://example.org:8443/~jane/a+b/', 'http://10.0.0.1/x'])(
    'may be %s',
    (url) => expect(takes(RepositoryUrl, url)).toBe(true),
  );

  it.each([
    '/srv/packaging.git',
    'packaging.git',
    'file:///srv/packaging.git',
    'ssh://git@example.org/packaging.git',
    'git@example.org:packaging.git',
    'git://example.org/packaging.git',
    'ext::sh -c id',
    '--upload-pack=id',
    'https://jane:secret@example.org/packaging.git',
    'https://token@example.org/packaging.git',
    'https://example.org/packaging.git?private_token=secret',
    'https://example.org/packaging.git#main',
    'https://example.org',
    'https:///packaging.git',
    'https://example.org/a b',
    'https://example.org/a\nb',
    'https://example.org\\@evil.example/a',
  ])('is not %j', (url) => expect(takes(RepositoryUrl, url)).toBe(false));

  it('is not repeated by the message that refuses it', () => {
    const message = RepositoryUrl.safeParse('https://jane:secret@example.org/a').error?.message;
    expect(message).toContain('without user name');
    expect(message).not.toContain('secret');
  });
});

describe('a ref', () => {
  it.each(['v1.2', 'main', 'debian/2.10-3_deb12u1', 'refs/tags/v1%2', 'feature/ü', 'a'.repeat(40)])(
    'may be %s',
    (ref) => expect(takes(GitRef, ref)).toBe(true),
  );

  it.each([
    '',
    '-d',
    '--upload-pack=id',
    '+main',
    'main:refs/heads/other',
    'main..next',
    'main~1',
    'main^{tree}',
    '@',
    'main@{1}',
    '/main',
    'main/',
    'a//b',
    '.hidden',
    'a/.b',
    'a.lock',
    'main.',
    'a b',
    'a\u0000',
    'refs/heads/*',
    'a\\b',
  ])('is not %j', (ref) => expect(takes(GitRef, ref)).toBe(false));
});

describe('a directory of a repository', () => {
  it.each(['hello', 'packaging/hello', '.packaging/a b'])('may be %s', (path) =>
    expect(takes(RepositoryDirectory, path)).toBe(true),
  );

  it.each(['', '.', './a', '/a', 'a/', 'a//b', '..', 'a/../b', 'a\\b', 'a\u0000'])('is not %j', (path) =>
    expect(takes(RepositoryDirectory, path)).toBe(false),
  );
});
