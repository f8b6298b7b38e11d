import { describe, expect, test } from 'vitest';
import { lastModified, repositoryPath } from './repository-routes.ts';

describe('repositoryPath', () => {
  test.each([
    ['/default/deb/dists/bookworm/InRelease', 'deb/dists/bookworm/InRelease'],
    ['/default/keyring.asc', 'keyring.asc'],
    ['/default/retired-keys.asc', 'retired-keys.asc'],
    // "+" is itself, whatever forms do with it; "%2B" is the same file
    ['/default/deb/pool/h/hello_1+build2.deb', 'deb/pool/h/hello_1+build2.deb'],
    ['/default/deb/pool/h/hello_1%2Bbuild2.deb?x=1', 'deb/pool/h/hello_1+build2.deb'],
    // decoded once only
    ['/default/deb/a%252Bb', 'deb/a%2Bb'],
  ])('%s', (url, path) => {
    expect(repositoryPath(url, 'default')).toBe(path);
  });

  test.each([
    '/default/deb/../keyring/secret',
    '/default/deb/%2e%2e/x',
    '/default/deb/.hidden',
    '/default/deb//x',
    '/default/deb/%00',
    '/default/deb/%zz',
    '/default/registry.db',
    '/default/keyring.asc/x',
    '/other/deb/x',
  ])('nothing at %s', (url) => {
    expect(repositoryPath(url, 'default')).toBeUndefined();
  });
});

describe('lastModified', () => {
  test('a file that lies is dated as it is', () => {
    expect(lastModified(5_400, 6_000)).toEqual({ sent: 5, actual: 5 });
  });

  test('a file that may change again in this second is dated back', () => {
    expect(lastModified(5_400, 5_900)).toEqual({ sent: 4, actual: 5 });
  });
});
