import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { enums, generateKey, readKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importKeyring } from './import.ts';
import { openKeyring } from './keyring.ts';
import { renewKeyring } from './renew.ts';
import { signRpm } from './rpm/sign-rpm.ts';
import type { Keyring } from './types.ts';

const run = promisify(execFile);
const DAY = 86_400_000;
const text = 'Origin: example\n';

let root: string;
let homes = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A GnuPG home of its own, whose agent ends with the work. */
async function gnupg<T>(work: (gpg: (...args: string[]) => Promise<string>) => Promise<T>): Promise<T> {
  homes += 1;
  const home = join(root, `g${homes}`);
  await mkdir(home, { mode: 0o700 });
  const batch = ['--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase'];
  try {
    return await work(async (passphrase, ...args) => {
      const { stdout } = await run('gpg', ['--homedir', home, ...batch, passphrase, ...args]);
      return stdout;
    });
  } finally {
    await run('gpgconf', ['--homedir', home, '--kill', 'all']);
  }
}

/** A key as gpg makes it, exported. */
function gpgKey(algorithm: string, usage: string, { passphrase = '', end = '2y', subkeys = [] as string[][] } = {}) {
  return gnupg(async (gpg) => {
    await gpg(passphrase, '--quick-gen-key', 'Old Farm <old@example.org>', algorithm, usage, end);
    const listed = await gpg('', '--with-colons', '--list-keys');
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] as string;
    for (const subkey of subkeys) await gpg(passphrase, '--quick-add-key', fingerprint, ...subkey);
    return { fingerprint, armored: await gpg(passphrase, '--export-secret-keys', '--armor', fingerprint) };
  });
}

let imports = 0;
async function imported(armored: string, passphrase?: string, now = Date.now()): Promise<Keyring> {
  imports += 1;
  return importKeyring({ dir: join(root, `keys${imports}`), now, armored, passphrase });
}

async function gpgvAccepts(publicKey: Uint8Array, signed: string): Promise<void> {
  const path = join(root, `check${imports}`);
  await writeFile(`${path}.gpg`, publicKey);
  await writeFile(path, signed);
  await run('gpgv', ['--keyring', `${path}.gpg`, path]);
}

describe('a key that gpg made', () => {
  test('as Fatbuildr 2.1 had it: RSA 4096, a signing subkey, a passphrase', async () => {
    const subkeys = [['rsa4096', 'sign', '2y']];
    const { armored, fingerprint } = await gpgKey('rsa4096', 'cert', { passphrase: 'old secret', subkeys });
    await expect(imported(armored)).rejects.toMatchObject({ hint: expect.stringContaining('--passphrase-stdin') });
    await expect(imported(armored, 'wrong')).rejects.toThrow('the passphrase is not its own');
    const keyring = await imported(armored, 'old secret');
    expect(keyring).toMatchObject({ fingerprint, algorithm: 'rsa4096', userId: { name: 'Old Farm' } });
    expect(keyring.subkeyFingerprint).not.toBe(fingerprint);
    const dir = join(root, `keys${imports}`, fingerprint);
    for (const name of ['secret.asc', 'passphrase', 'revocation.asc']) {
      expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(join(dir, 'passphrase'), 'utf8')).not.toContain('old secret');
    expect(await readFile(join(dir, 'revocation.asc'), 'utf8')).toContain('revocation certificate');
    await gpgvAccepts(keyring.binaryPublicKey(), await keyring.signCleartext(text));
  }, 120_000);

  test.each([
    ['rsa3072', 'sign,cert'],
    ['ed25519', 'sign,cert'],
  ])('%s without subkey: the master signs, for apt and rpm, after a renewal too', async (algorithm, usage) => {
    const { armored, fingerprint } = await gpgKey(algorithm, usage, { subkeys: [['rsa2048', 'encr', '1y']] });
    const keyring = await imported(armored);
    expect(keyring).toMatchObject({ fingerprint, subkeyFingerprint: fingerprint, algorithm });
    await gpgvAccepts(keyring.binaryPublicKey(), await keyring.signCleartext(text));
    const now = Date.now() + 300 * DAY;
    const renewed = await renewKeyring({ dir: join(root, `keys${imports}`), clock: () => now, validityDays: 900 });
    expect(Math.abs((renewed.expires ?? 0) - now - 900 * DAY)).toBeLessThan(2000);

    const [unsigned] = await makeRpm({ name: 'hello', version: '1' });
    const path = join(root, `${algorithm}.rpm`);
    await writeFile(path, unsigned?.content as Buffer);
    const today = await openKeyring(join(root, `keys${imports}`), Date.now);
    await signRpm(path, `${path}.signed`, today);
    const database = ['--define', `_dbpath ${join(root, `db-${algorithm}`)}`];
    await writeFile(`${path}.asc`, keyring.armoredPublicKey());
    await run('rpmkeys', [...database, '--import', `${path}.asc`]);
    expect((await run('rpmkeys', [...database, '-Kv', `${path}.signed`])).stdout).toMatch(/Header V4 .* OK/);
  });

  test('of several signing subkeys has the one that signs: what is expired is not made valid again', async () => {
    const subkeys = [
      ['rsa2048', 'sign', '3y'],
      ['ed25519', 'sign', '10d'],
    ];
    const { armored, fingerprint } = await gpgKey('rsa2048', 'cert', { end: '5y', subkeys });
    const now = Date.now() + 20 * DAY;
    const keyring = await imported(armored, undefined, now);
    const key = await readKey({ armoredKey: keyring.armoredPublicKey() });
    expect(key.subkeys.map((one) => one.getFingerprint().toUpperCase())).toEqual([keyring.subkeyFingerprint]);
    expect(keyring).toMatchObject({ fingerprint, algorithm: 'rsa2048' });
  });

  test('has no user ID that was revoked, after a renewal neither', async () => {
    const armored = await gnupg(async (gpg) => {
      await gpg('', '--quick-gen-key', 'Old Farm <old@example.org>', 'ed25519', 'sign,cert', '2y');
      await gpg('', '--quick-add-uid', 'Old Farm <old@example.org>', 'Farm <farm@example.org>');
      await gpg('', '--quick-revoke-uid', 'Farm <farm@example.org>', 'Old Farm <old@example.org>');
      return gpg('', '--export-secret-keys', '--armor');
    });
    const keyring = await imported(armored);
    const users = async (armoredKey: string) =>
      (await readKey({ armoredKey })).users.map(({ userID }) => userID?.email);
    expect(await users(keyring.armoredPublicKey())).toEqual(['farm@example.org']);
    const dir = join(root, `keys${imports}`);
    const renewed = await renewKeyring({ dir, clock: Date.now, validityDays: 9 });
    expect(await users(renewed.armoredPublicKey())).toEqual(['farm@example.org']);
  });

  test('without an end has none', async () => {
    const { armored } = await gpgKey('ed25519', 'sign,cert', { end: 'never' });
    expect((await imported(armored)).expires).toBeUndefined();
  });
});

describe('is refused', () => {
  test.each([
    ['nistp256', 'sign,cert', 'rpm does not verify ecdsa with nistP256'],
    ['dsa2048', 'sign,cert', 'rpm does not verify dsa'],
    ['rsa1024', 'sign,cert', 'RSA of 1024 bits is too weak'],
    ['rsa2048', 'cert', 'no key in it may sign'],
  ])('%s for %s', async (algorithm, usage, reason) => {
    const { armored } = await gpgKey(algorithm, usage);
    await expect(imported(armored)).rejects.toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining(reason),
      hint: expect.any(String),
    });
  });

  test('a good master with a signing subkey that rpm does not know', async () => {
    const { armored } = await gpgKey('rsa2048', 'cert', { subkeys: [['nistp384/ecdsa', 'sign', '1y']] });
    await expect(imported(armored)).rejects.toThrow('rpm does not verify ecdsa with nistP384');
  });

  test('an expired key', async () => {
    const { armored } = await gpgKey('ed25519', 'sign,cert', { end: '1d' });
    await expect(imported(armored, undefined, Date.now() + 2 * DAY)).rejects.toThrow(/it expired on \d{4}-/);
  });

  test('a key of version 6', async () => {
    const { privateKey } = await generateKey({
      userIDs: [{ name: 'New' }],
      format: 'armored',
      config: { v6Keys: true, preferredHashAlgorithm: enums.hash.sha512 },
    });
    await expect(imported(privateKey)).rejects.toThrow('it is of version 6');
  });

  test('a key without the secret of its master', async () => {
    const armored = await gnupg(async (gpg) => {
      await gpg('', '--quick-gen-key', 'Old Farm <old@example.org>', 'ed25519', 'cert', '1y');
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(await gpg('', '--with-colons', '--list-keys'))?.[1] as string;
      await gpg('', '--quick-add-key', fingerprint, 'ed25519', 'sign', '1y');
      return gpg('', '--export-secret-subkeys', '--armor', fingerprint);
    });
    await expect(imported(armored)).rejects.toThrow(/the secret of [0-9A-F]{40} is not in the file/);
  });

  test('a public key, two keys, and what is none', async () => {
    const { armored } = await gpgKey('ed25519', 'sign,cert');
    const keyring = await imported(armored);
    await expect(imported(keyring.armoredPublicKey())).rejects.toThrow('this is no armoured secret key');
    await expect(imported('ssh-ed25519 AAAA')).rejects.toMatchObject({
      hint: expect.stringContaining('--export-secret-keys'),
    });
    const two = await gnupg(async (gpg) => {
      await gpg('', '--quick-gen-key', 'One <one@example.org>', 'ed25519', 'sign,cert', '1y');
      await gpg('', '--quick-gen-key', 'Two <two@example.org>', 'ed25519', 'sign,cert', '1y');
      return gpg('', '--export-secret-keys', '--armor');
    });
    await expect(imported(two)).rejects.toThrow('there are 2 keys in the file');
  });

  test('where there is a keyring already', async () => {
    const { armored } = await gpgKey('ed25519', 'sign,cert');
    await imported(armored);
    const dir = join(root, `keys${imports}`);
    await expect(importKeyring({ dir, now: Date.now(), armored, passphrase: undefined })).rejects.toThrow(
      'has a keyring already',
    );
  });
});
