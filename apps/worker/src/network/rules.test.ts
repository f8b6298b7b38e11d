import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRules, normalisedUrl } from './rules.ts';

const rules = createRules([
  { url: 'http://mirror.test/debian/' },
  { url: 'http://10.0.0.1:8080/default/deb' },
  { url: 'https://secure.test/path' },
]);

function allows(target: string): boolean {
  const url = normalisedUrl(target);
  return url !== undefined && rules.ofUrl(url) !== undefined;
}

describe('rules', () => {
  it.each([
    'http://mirror.test/debian/pool/h/hello.deb',
    'http://MIRROR.test:80/debian/',
    'http://mirror.test/debian',
    'http://mirror.test/debian/dists/../pool/x%2b1.deb',
    'http://mirror.test/debian/foo_1%253a2_all.deb',
    'http://10.0.0.1:8080/default/deb/dists/bookworm/InRelease',
  ])('allow %s', (url) => expect(allows(url)).toBe(true));

  it.each([
    'http://mirror.test/debian-security/x',
    'http://mirror.test/',
    'http://mirror.test:8080/debian/x',
    'http://mirror.test.evil.test/debian/x',
    'http://mirror.test@evil.test/debian/x',
    'http://evil.test/debian/x',
    'http://mirror.test/debian/../private/x',
    'http://mirror.test/debian/%2e%2e/private/x',
    'http://mirror.test/debian/..%2fprivate/x',
    'http://mirror.test/debian/%252e%252e%252fprivate/x',
    'http://mirror.test/debian/..%5cprivate/x',
    'http://mirror.test/debian\\..\\private',
    'http://mirror.test/debian/%00',
    'http://mirror.test/debian/%ff',
    'https://secure.test/path',
    'ftp://mirror.test/debian/x',
    '/debian/x',
    'mirror.test:80',
    '',
  ])('refuse %s', (url) => expect(allows(url)).toBe(false));

  it('keep every allowed path below its prefix, also as an upstream decodes it', () => {
    const part = constantFrom('..', '.', '%2e', '%2E%2e', '%2f', '%5c', '%252e', '%25', '/', '\\', 'a', 'debian', ';');
    assert(
      property(array(part, { maxLength: 12 }), (parts) => {
        const url = normalisedUrl(`http://mirror.test/debian/${parts.join('')}`);
        if (url === undefined || rules.ofUrl(url) === undefined) return;
        const decoded = decodeURIComponent(decodeURIComponent(url.pathname));
        expect(`${new URL(`http://x${decoded}`).pathname}/`.startsWith('/debian/')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('allow tunnels to the host and port of an https rule only', () => {
    expect(rules.ofTunnel('secure.test', 443)).toBeDefined();
    expect(rules.ofTunnel('secure.test', 22)).toBeUndefined();
    expect(rules.ofTunnel('mirror.test', 80)).toBeUndefined();
    expect(rules.ofTunnel('mirror.test', 443)).toBeUndefined();
  });

  it('must be http or https URLs', () => {
    expect(() => createRules([{ url: 'mirror.test' }])).toThrow('not an http or https URL: mirror.test');
  });
});
