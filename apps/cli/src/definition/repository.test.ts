import { expect, test } from 'vitest';
import { readRepository } from './repository.ts';

const url = 'https://example.org/packages/hello.git';

test.each([
  [{ url }, 'hello', { url }],
  [{ url: 'https://example.org/hello/' }, 'hello', { url: 'https://example.org/hello/' }],
  [{ url, subdir: 'debian/greeter/', ref: 'v1.2' }, 'greeter', { url, ref: 'v1.2', subdir: 'debian/greeter' }],
  [{ url, artifact: 'other' }, 'other', { url }],
  [{ url, subdir: 'rpms/mod_wsgi' }, 'mod_wsgi', { url, subdir: 'rpms/mod_wsgi' }],
])('%j', (options, artifact, definition) => {
  expect(readRepository(options)).toEqual({ kind: 'git', artifact, definition });
});

test.each([
  [{ url: 'git@example.org:packages/hello.git' }, '--git is to be the https URL'],
  [{ url: '/srv/hello' }, '--git is to be the https URL'],
  [{ url, ref: '--upload-pack=id' }, '--ref is to be a branch, a tag or the full id of a commit'],
  [{ url, subdir: '../hello' }, '--subdir is to be a directory below the top'],
  [{ url: 'https://example.org/-hello.git' }, '"-hello" cannot be the name of an artifact'],
])('%j is refused', (options, message) => {
  expect(() => readRepository(options)).toThrow(message);
});

test('a secret in the URL is not repeated', () => {
  const message = (() => {
    try {
      return readRepository({ url: 'https://jane:secret@example.org/hello.git' }).kind;
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(message).toContain('without user name, password');
  expect(message).not.toContain('secret');
});
