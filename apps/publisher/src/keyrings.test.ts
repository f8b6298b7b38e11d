import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyCleartext, verifyDetached } from '@fatbuildr/signing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KeyringChange, type Keyrings, keyringInfo, openKeyrings } from './keyrings.ts';

const DAY = 86_400_000;
const data = Buffer.from('data');

let root: string;
let now: number;
let keyrings: Keyrings;
const open = () =>
  openKeyrings({
    directory: join(root, 'keyrings'),
    spool: join(root, 'import'),
    clock: () => now,
    algorithm: 'ed25519',
  });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-keyrings-'));
  now = Date.UTC(2026, 0, 1);
  keyrings = await open();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const change = (operation: KeyringChange['operation']): KeyringChange => ({
  operation,
  instance: 'default',
  userId: { name: 'Farm', email: 'farm@example.org' },
  validityDays: 90,
  overlapDays: 10,
});

test('what a task did it is not refused when it asks again, and another is', async () => {
  const made = await keyrings.change(change('create'), 'task1');
  expect((await keyrings.change(change('create'), 'task1')).fingerprint).toBe(made.fingerprint);
  await expect(keyrings.change(change('create'), 'task2')).rejects.toThrow('has a keyring already');
  const announced = await keyrings.change(change('rotate'), 'task3');
  expect((await keyrings.change(change('rotate'), 'task3')).rotation).toEqual(announced.rotation);
  await expect(keyrings.change(change('rotate'), 'task4')).rejects.toThrow('takes part in a rotation');
});

test('two at once take turns', async () => {
  const both = await Promise.allSettled(['task1', 'task2'].map((task) => keyrings.change(change('create'), task)));
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('while keys change apt gets the signatures of both and rpm that of the current key', async () => {
  const first = await keyrings.change(change('create'), 'task1');
  await keyrings.change(change('rotate'), 'task2');
  const [deb, rpm] = [await keyrings.signerFor('default', 'deb'), await keyrings.signerFor('default', 'rpm')];
  await verifyDetached(first.armoredPublicKey(), data, await rpm.signDetached(data), now);
  const { publicKey, rotation } = keyringInfo(await keyrings.get('default'));
  expect(rotation).toMatchObject({ phase: 'announced', switchAt: now + 10 * DAY, finishAt: now + 20 * DAY });
  expect(await verifyCleartext(publicKey, await deb.signCleartext('text\n'), now)).toBe('text\n');
  await expect(verifyCleartext(publicKey, await rpm.signCleartext('text\n'), now)).rejects.toThrow('no signature by');
});

test('told to everybody is nothing secret', async () => {
  const info = keyringInfo(await keyrings.change(change('create'), 'task1'));
  expect(info).toMatchObject({ userId: 'Farm <farm@example.org>', rotation: null, retired: [] });
  expect(JSON.stringify(info)).not.toContain('PRIVATE');
});

test('a start removes what a crash left half made', async () => {
  const { fingerprint } = await keyrings.change(change('create'), 'task1');
  await mkdir(join(root, 'keyrings/.other.123'));
  await mkdir(join(root, 'keyrings/default/ABCD'));
  await open();
  expect(await readdir(join(root, 'keyrings'))).toEqual(['default']);
  expect((await readdir(join(root, 'keyrings/default'))).sort()).toEqual([fingerprint, 'keyring.json'].sort());
});

describe('import', () => {
  const secret = () => join(root, 'import/default.asc');
  const passphrase = () => join(root, 'import/default.passphrase');
  /** A key of another farm, with its passphrase, where an administrator puts them. */
  const place = async (mode = 0o600) => {
    const other = await openKeyrings({
      ...{ directory: join(root, 'elsewhere'), spool: join(root, 'unused'), clock: () => now },
      algorithm: 'ed25519',
    });
    const { fingerprint } = await other.change(change('create'), 'task0');
    const files = join(root, 'elsewhere/default', fingerprint);
    await writeFile(secret(), await readFile(join(files, 'secret.asc')), { mode });
    await chmod(secret(), mode);
    await writeFile(passphrase(), await readFile(join(files, 'passphrase')), { mode: 0o600 });
    return fingerprint;
  };
  const gone = () => !existsSync(secret()) && !existsSync(passphrase());

  test('takes the key and leaves no copy', async () => {
    const fingerprint = await place();
    expect((await keyrings.change(change('import'), 'task1')).fingerprint).toBe(fingerprint);
    expect(gone()).toBe(true);
    expect((await keyrings.change(change('import'), 'task1')).fingerprint).toBe(fingerprint);
  });

  test('without a key says where it goes', async () => {
    await expect(keyrings.change(change('import'), 'task1')).rejects.toMatchObject({
      outcome: 'rejected',
      hint: expect.stringContaining(secret()),
    });
  });

  test('refuses a key that others can read, or that is elsewhere, and removes it', async () => {
    await place(0o640);
    await expect(keyrings.change(change('import'), 'task1')).rejects.toThrow('others could read the key');
    expect(gone()).toBe(true);
    await symlink('/etc/hostname', secret());
    await expect(keyrings.change(change('import'), 'task2')).rejects.toMatchObject({ outcome: 'rejected' });
    expect(existsSync('/etc/hostname')).toBe(true);
  });

  test('a key that is refused is removed too', async () => {
    await place();
    await writeFile(passphrase(), 'wrong');
    await expect(keyrings.change(change('import'), 'task1')).rejects.toThrow('the passphrase is not its own');
    expect(gone()).toBe(true);
  });
});
