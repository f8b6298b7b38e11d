import { expect, test } from 'vitest';
import { dearmor, expiryWarning } from './key-facts.ts';

const DAY = 86_400_000;
const now = Date.UTC(2026, 0, 1);

test('a key is warned of from 30 days before its end', () => {
  const holder = { instance: 'default', rpm: false };
  expect(expiryWarning(holder, null, now)).toBeUndefined();
  expect(expiryWarning(holder, now + 31 * DAY, now)).toBeUndefined();
  expect(expiryWarning(holder, now + 30 * DAY, now)).toBe(
    'The signing key of instance default expires on 2026-01-31; renew it: fatbuildrctl keyring renew --instance default',
  );
  expect(expiryWarning(holder, now, now)).toContain('expired on 2026-01-01');
});

test('where dnf is served another key has to follow; one that is expired is renewed before', () => {
  const holder = { instance: 'default', rpm: true };
  const near = expiryWarning(holder, now + 30 * DAY, now);
  expect(near).toMatch(/expires on 2026-01-31; have another follow.*: fatbuildrctl keyring rotate --instance default$/);
  expect(near).not.toContain('keyring renew');
  expect(expiryWarning(holder, now, now)).toMatch(/keyring renew --instance default; then .*keyring rotate/);
});

test('armour is taken off every block, with and without headers and checksum', () => {
  const block = (content: string, headers = '', checksum = '') =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n${headers}\n${btoa(content)}\n${checksum}-----END PGP PUBLIC KEY BLOCK-----\n`;
  const text = `${block('first', 'Comment: a key\n', '=AbCd\n')}${block('se')}\n${block('third').replaceAll('\n', '\r\n')}`;
  expect(Buffer.from(dearmor(text)).toString()).toBe('firstsethird');
  expect(dearmor('nothing')).toHaveLength(0);
});
