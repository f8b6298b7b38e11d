import { expect, test } from 'vitest';
import { imageArchives } from './image-archives.ts';

const host = {
  mirror: { uri: 'http://mirror.example/debian', signedBy: '/usr/share/keyrings/debian.gpg' },
  security: { uri: 'http://mirror.example/debian-security', signedBy: '/usr/share/keyrings/debian.gpg' },
};
const debian = { distribution: 'debian' as const, release: 'trixie', mirror: null, packages: [] };

test('Debian comes from the host’s own archives, security among them', () => {
  const { sources, options, allow } = imageArchives('deb', debian, host);
  expect(sources.map(({ uri, suite, signedBy }) => [uri, suite, signedBy])).toEqual([
    [host.mirror.uri, 'trixie', host.mirror.signedBy],
    [host.security.uri, 'trixie-security', host.mirror.signedBy],
  ]);
  expect(options).toEqual([]);
  expect(allow).toEqual([{ url: host.mirror.uri }, { url: host.security.uri }]);
});

test('a mirror that is named is the only one', () => {
  const { sources, allow } = imageArchives('deb', { ...debian, mirror: 'http://own.example/debian' }, host);
  expect(sources.map(({ uri, suite }) => [uri, suite])).toEqual([['http://own.example/debian', 'trixie']]);
  expect(allow).toEqual([{ url: 'http://own.example/debian' }]);
  expect(imageArchives('deb', { ...debian, release: 'sid' }, host).sources).toHaveLength(1);
});

test('without any mirror nothing is made up', () => {
  const none = { mirror: undefined, security: undefined };
  expect(() => imageArchives('osi', debian, none)).toThrow('No mirror is known to make the osi image from');
});

test('Fedora comes from its own server, or from the mirror that is named', () => {
  const fedora = { ...debian, distribution: 'fedora' as const, release: '43' };
  expect(imageArchives('rpm', fedora, host)).toMatchObject({
    options: ['--mirror=https://dl.fedoraproject.org/pub/fedora', '--repository-key-fetch=yes'],
    sources: [],
  });
  const { allow } = imageArchives('rpm', { ...fedora, mirror: 'http://own.example/fedora' }, host);
  expect(allow[0]).toEqual({ url: 'http://own.example/fedora' });
});
