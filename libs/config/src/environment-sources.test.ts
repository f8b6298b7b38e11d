import { expect, test } from 'vitest';
import { environmentSources } from './environment-sources.ts';

const host = {
  mirror: { uri: 'http://host.example/debian', signedBy: '/keys/debian.gpg' },
  security: { uri: 'http://host.example/debian-security', signedBy: undefined },
};
const bookworm = {
  name: 'bookworm',
  suite: 'bookworm',
  components: ['main'],
  suites: ['bookworm-updates'],
  security: { suite: 'bookworm-security' },
};

test("the host's archives and keyring unless others are named", () => {
  const components = ['main'];
  const signedBy = '/keys/debian.gpg';
  expect(environmentSources(bookworm, host)).toEqual([
    { uri: 'http://host.example/debian', suite: 'bookworm', components, signedBy },
    { uri: 'http://host.example/debian', suite: 'bookworm-updates', components, signedBy },
    { uri: 'http://host.example/debian-security', suite: 'bookworm-security', components, signedBy: undefined },
  ]);
});

test("another mirror is not checked with the host's keyring", () => {
  const archives = { ...bookworm, mirror: 'http://other.example/debian', suites: [], security: null };
  expect(environmentSources(archives, host)).toMatchObject([{ signedBy: undefined }]);
  expect(environmentSources({ ...archives, keyring: '/keys/o.gpg' }, host)).toMatchObject([
    { signedBy: '/keys/o.gpg' },
  ]);
});

test('says which mirror is missing and where to name it', () => {
  const none = { mirror: undefined, security: undefined };
  expect(() => environmentSources(bookworm, none)).toThrow('No mirror is known for the build environment bookworm.');
  expect(() => environmentSources(bookworm, { ...host, security: undefined })).toThrow('No security mirror is known');
});
