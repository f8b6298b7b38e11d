import { describe, expect, test } from 'vitest';
import { freshness, lastModified, repositoryPath } from './repository-routes.ts';

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

describe('caches keep', () => {
  const digest = 'a'.repeat(64);
  test.each([
    `deb/dists/bookworm/main/binary-amd64/by-hash/SHA256/${digest}`,
    'deb/pool/h/hello/0123/hello_1_amd64.deb',
    `rpm/el9/main/x86_64/snapshots/7/repodata/${digest}-primary.xml.gz`,
    'rpm/el9/main/x86_64/snapshots/7/packages/h/hello/0123/hello-1-1.x86_64.rpm',
  ])('%s for good', (path) => {
    expect(freshness(path)).toContain('immutable');
  });

  // After a restored backup a revision has its number again, and other heads.
  test.each([
    'deb/dists/bookworm/InRelease',
    'rpm/el9/main/x86_64/mirrorlist',
    'rpm/el9/main/x86_64/snapshots/7/repodata/repomd.xml',
    'rpm/el9/main/x86_64/snapshots/7/repodata/repomd.xml.asc',
    'osi/images/main/snapshots/7/SHA256SUMS',
    'osi/images/main/SHA256SUMS.gpg',
  ])('%s as long as it is asked for', (path) => {
    expect(freshness(path)).toBe('no-cache');
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
