import { expect, test } from 'vitest';
import { requireArtifactName } from './artifact-name.ts';

test.each(['mod_wsgi', 'NetworkManager', 'R', 'libstdc++'])('an RPM package may be called %s', (name) => {
  expect(() => requireArtifactName('rpm', name)).not.toThrow();
});

test('other formats are stricter, and the message says what is expected', () => {
  expect(() => requireArtifactName('deb', 'mod_wsgi')).toThrow(
    '"mod_wsgi" cannot be the name of an artifact of format deb',
  );
  expect(() => requireArtifactName('osi', 'R')).toThrow('of format osi');
});

test.each(['', '..', '.hidden', '-rf', 'a/b', 'a'.repeat(129)])('none is called "%s"', (name) => {
  expect(() => requireArtifactName('rpm', name)).toThrow('cannot be the name');
});
