import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyring } from './create.ts';
import { openKeyring } from './keyring.ts';
import { renewKeyring } from './renew.ts';
import type { Keyring } from './types.ts';
import { foreignVerifier, verifyCleartext, verifyDetached } from './verify.ts';

const run = promisify(execFile);
const DAY = 86_400_000;
const end = ({ expires }: Keyring) => expires ?? Number.NaN;
const now = Date.now() - 60_000;
const userId = { name: 'Example Farm', email: 'farm@example.org' };
const text = 'Origin: example\nSuite: bookworm\n\n- dashes\n trailing\n';

let root: string;
let dir: string;
let keyring: Keyring;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-signing-'));
  dir = join(root, 'keys', 'default');
  keyring = await createKeyring({ dir, userId, now, validityDays: 30, algorithm: 'ed25519' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Where the files of a key are. */
const of = ({ fingerprint }: { fingerprint: string }) => join(dir, fingerprint);

/** What gpgv says; it knows the public key only, and fails unless the signature is good. */
async function gpgv(of: Keyring, ...files: string[]): Promise<string> {
  const trusted = join(root, `${of.fingerprint}.gpg`);
  await writeFile(trusted, of.binaryPublicKey());
  const { stdout } = await run('gpgv', ['--status-fd', '1', '--keyring', trusted, ...files]);
  return stdout;
}

describe('createKeyring', () => {
  test('keeps the secret encrypted, and everything readable by its owner only', async () => {
    const names = ['secret.asc', 'passphrase', 'revocation.asc', 'public.asc'];
    expect((await readdir(of(keyring))).sort()).toEqual([...names].sort());
    for (const one of [dir, of(keyring)]) expect((await stat(one)).mode & 0o777).toBe(0o700);
    for (const name of names) expect((await stat(join(of(keyring), name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'keyring.json'))).mode & 0o777).toBe(0o600);
    const { stdout } = await run('gpg', ['--homedir', root, '--list-packets', join(of(keyring), 'secret.asc')]);
    expect(stdout).toMatch(/protect count|protected|encrypted/i);
  });

  test('refuses to overwrite a keyring', async () => {
    await expect(createKeyring({ dir, userId, now, validityDays: 30 })).rejects.toMatchObject({ outcome: 'rejected' });
  });

  test('tells who it is and until when', async () => {
    expect(keyring).toMatchObject({ algorithm: 'ed25519', userId });
    expect(keyring.fingerprint).toMatch(/^[0-9A-F]{40}$/);
    expect(keyring.subkeyFingerprint).not.toBe(keyring.fingerprint);
    expect(Math.abs(end(keyring) - keyring.created - 30 * DAY)).toBeLessThan(1000);
  });

  test('exports the public key only', async () => {
    expect(keyring.armoredPublicKey()).toContain('BEGIN PGP PUBLIC KEY BLOCK');
    expect(keyring.armoredPublicKey()).not.toMatch(/PRIVATE|\r/);
    await writeFile(join(root, 'export.gpg'), keyring.binaryPublicKey());
    const { stdout } = await run('gpg', ['--homedir', root, '--list-packets', join(root, 'export.gpg')]);
    expect(stdout).not.toContain('secret');
    expect(stdout).toContain('public sub key');
  });
});

test('the revocation certificate made with it makes gpg call the key revoked', async () => {
  const home = join(root, 'revoked');
  await mkdir(home, { mode: 0o700 });
  const gpg = (...args: string[]) => run('gpg', ['--homedir', home, '--batch', '--no-autostart', ...args]);
  await gpg('--import', join(of(keyring), 'public.asc'));
  expect((await gpg('--with-colons', '--list-keys')).stdout).toMatch(/^pub:[^r]:/m);
  await gpg('--import', join(of(keyring), 'revocation.asc'));
  expect((await gpg('--with-colons', '--list-keys')).stdout).toMatch(/^pub:r:/m);
});

describe('openKeyring', () => {
  test('says how to get one where there is none', async () => {
    await expect(openKeyring(join(root, 'none'), Date.now)).rejects.toMatchObject({
      outcome: 'rejected',
      hint: expect.stringContaining('keyring create'),
    });
  });

  test('refuses to sign with an expired key', async () => {
    const expired = await openKeyring(dir, () => end(keyring));
    await expect(expired.signCleartext(text)).rejects.toThrow(/expired on \d{4}-/);
    await expect(expired.signDetached(Buffer.from(text))).rejects.toMatchObject({ outcome: 'publish-failure' });
  });
});

test.each(['rsa4096', 'ed25519'] as const)(
  'gpgv accepts what a %s key signed, by its subkey',
  async (algorithm) => {
    const made = await createKeyring({ dir: join(root, `sign-${algorithm}`), userId, now, validityDays: 1, algorithm });
    const signed = await made.signCleartext(text);
    expect(signed).not.toContain('\r');
    expect(await made.verifyCleartext(signed)).toBe(text);
    await writeFile(join(root, 'InRelease'), signed);
    expect(await gpgv(made, join(root, 'InRelease'))).toContain(`VALIDSIG ${made.subkeyFingerprint}`);

    const signature = await made.signDetached(Buffer.from(text));
    await made.verifyDetached(Buffer.from(text), signature);
    await writeFile(join(root, 'Release'), text);
    await writeFile(join(root, 'Release.gpg'), signature);
    expect(await gpgv(made, join(root, 'Release.gpg'), join(root, 'Release'))).toContain('GOODSIG');

    await writeFile(join(root, 'Release.sig'), await made.rpm.signDetachedBinary(Buffer.from(text)));
    expect(await gpgv(made, join(root, 'Release.sig'), join(root, 'Release'))).toContain('GOODSIG');
  },
  60_000,
);

describe('verification', () => {
  test('refuses a changed text, another key and no signature', async () => {
    const other = await createKeyring({ dir: join(root, 'other'), userId, now, validityDays: 1, algorithm: 'ed25519' });
    const signed = await keyring.signCleartext(text);
    const publicKey = keyring.armoredPublicKey();
    await expect(verifyCleartext(publicKey, signed, now)).resolves.toBe(text);
    await expect(verifyCleartext(publicKey, signed.replace('bookworm', 'trixie'), now)).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
    await expect(verifyCleartext(other.armoredPublicKey(), signed, now)).rejects.toThrow('does not verify');
    await expect(verifyCleartext(publicKey, text, now)).rejects.toThrow('does not verify');
    const signature = await keyring.signDetached(Buffer.from(text));
    await expect(verifyDetached(publicKey, Buffer.from('x'), signature, now)).rejects.toThrow('does not verify');
    await expect(verifyDetached(publicKey, Buffer.from(text), 'garbage', now)).rejects.toThrow('does not verify');
  });

  test('of what others sign one of their keys is enough', async () => {
    const other = await createKeyring({
      dir: join(root, 'stranger'),
      userId,
      now,
      validityDays: 1,
      algorithm: 'ed25519',
    });
    const both = `${other.armoredPublicKey()}\n${keyring.armoredPublicKey()}`;
    const { cleartext, detached } = await foreignVerifier(both, () => now);
    const signed = await keyring.signCleartext(text);
    expect(await cleartext(signed)).toBe(text);
    await expect(cleartext(signed.replace('bookworm', 'trixie'))).rejects.toThrow(/\S/);
    await expect(cleartext(text)).rejects.toThrow(/\S/);
    for (const signature of [
      Buffer.from(await keyring.signDetached(Buffer.from(text))),
      await keyring.rpm.signDetachedBinary(Buffer.from(text)),
    ]) {
      await detached(Buffer.from(text), signature);
      await expect(detached(Buffer.from('x'), signature)).rejects.toThrow(/\S/);
    }
    const stranger = await foreignVerifier(other.armoredPublicKey(), () => now);
    await expect(stranger.cleartext(signed)).rejects.toThrow('it is signed by');
    // what is kept for years outlives the key that signed it
    const later = await foreignVerifier(both, () => now + 1000 * DAY);
    expect(await later.cleartext(signed)).toBe(text);
    await expect(foreignVerifier('no key', () => now)).rejects.toMatchObject({ outcome: 'rejected' });
  });
});

test('renewKeyring moves the end of the same keys, even after they expired', async () => {
  const later = end(keyring) + 10 * DAY;
  const before = await keyring.signCleartext(text);
  const passphrase = await readFile(join(of(keyring), 'passphrase'), 'utf8');
  const renewed = await renewKeyring({ dir, clock: () => later, validityDays: 100 });
  expect(renewed.fingerprint).toBe(keyring.fingerprint);
  expect(renewed.subkeyFingerprint).toBe(keyring.subkeyFingerprint);
  expect(renewed.userId).toEqual(userId);
  expect(Math.abs(end(renewed) - later - 100 * DAY)).toBeLessThan(2000);
  expect(await renewed.verifyCleartext(await renewed.signCleartext(text))).toBe(text);
  expect(await renewed.verifyCleartext(before)).toBe(text);
  expect(await readFile(join(of(keyring), 'passphrase'), 'utf8')).toBe(passphrase);
  expect((await stat(join(of(keyring), 'secret.asc'))).mode & 0o777).toBe(0o600);
  const { stdout } = await run('gpg', ['--homedir', root, '--list-packets', join(of(keyring), 'secret.asc')]);
  expect(stdout).toMatch(/iter\+salt|encrypted/);
});
