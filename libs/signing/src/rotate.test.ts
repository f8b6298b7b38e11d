import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKeyring } from './create.ts';
import { openKeyring } from './keyring.ts';
import { renewKeyring } from './renew.ts';
import { finishRotation, startRotation, switchKeys } from './rotate.ts';
import type { Keyring } from './types.ts';
import { verifyCleartext, verifyDetached } from './verify.ts';

const DAY = 86_400_000;
const began = Date.now() - 60_000;
const userId = { name: 'Example Farm', email: 'farm@example.org' };
const text = 'Origin: example\n';
const data = Buffer.from(text);

let root: string;
let first: Keyring;
let dir: string;
let now = began;
const clock = () => now;
let tasks = 0;

const task = () => `task${++tasks}`;
const start = () =>
  startRotation({ dir, clock, task: task(), userId, validityDays: 400, algorithm: 'ed25519', overlapDays: 30 });
const turn = () => switchKeys({ dir, clock, task: task() });
const finish = () => finishRotation({ dir, clock, task: task() });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fatbuildr-rotation-'));
  const made = join(root, 'made');
  first = await createKeyring({ dir: made, userId, now: began, validityDays: 100, algorithm: 'ed25519' });
});
beforeEach(async () => {
  now = began;
  dir = join(root, `keys${tasks}`);
  await mkdir(dir);
  await cp(join(root, 'made'), dir, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a rotation', () => {
  test('announced: both keys sign for apt, the old one alone for rpm', async () => {
    const both = await start();
    expect(both).toMatchObject({ fingerprint: first.fingerprint, rotation: { phase: 'announced', started: now } });
    const successor = both.rotation?.other.fingerprint as string;
    expect(successor).not.toBe(first.fingerprint);
    const signed = await both.signCleartext(text);
    expect(await both.verifyCleartext(signed)).toBe(text);
    expect(await verifyCleartext(both.armoredPublicKey(), signed, now)).toBe(text);
    await both.verifyDetached(data, await both.signDetached(data));
    const forRpm = await both.rpm.signDetached(data);
    await verifyDetached(first.armoredPublicKey(), data, forRpm, now);
    await expect(both.verifyDetached(data, forRpm)).rejects.toThrow(`no signature by ${successor}`);
    expect(both.armoredPublicKey().match(/BEGIN PGP PUBLIC/g)).toHaveLength(2);
    expect(both.binaryPublicKey().length).toBeGreaterThan(first.binaryPublicKey().length);
  });

  test('switched: the new key comes first and signs for rpm', async () => {
    const successor = (await start()).rotation?.other.fingerprint;
    now += 10 * DAY;
    const switched = await turn();
    expect(switched).toMatchObject({
      fingerprint: successor,
      rotation: {
        phase: 'switched',
        other: { fingerprint: first.fingerprint },
        switchAt: now,
        finishAt: now + 30 * DAY,
      },
    });
    const forRpm = await switched.rpm.signDetached(data);
    await expect(verifyDetached(first.armoredPublicKey(), data, forRpm, now)).rejects.toThrow('does not verify');
    await switched.rpm.verifyDetached(data, forRpm);
    const signed = await switched.signCleartext(text);
    expect(await switched.verifyCleartext(signed)).toBe(text);
    expect((await turn()).rotation).toEqual(switched.rotation);
  });

  test('finished: the new key alone signs; of the old one the public key and the revocation certificate stay', async () => {
    await start();
    await turn();
    const finished = await finish();
    expect(finished).toMatchObject({ rotation: undefined, retired: [first.fingerprint] });
    expect(finished.armoredPublicKey().match(/BEGIN PGP PUBLIC/g)).toHaveLength(1);
    expect(finished.armoredRetiredKeys()).toBe(first.armoredPublicKey());
    expect((await readdir(join(dir, first.fingerprint))).sort()).toEqual(['public.asc', 'revocation.asc']);
    expect(await finished.verifyCleartext(await finished.signCleartext(text))).toBe(text);
    const again = await start();
    expect(again.retired).toEqual([first.fingerprint]);
  });

  test('goes its way in order', async () => {
    await expect(turn()).rejects.toMatchObject({
      outcome: 'rejected',
      hint: expect.stringContaining('keyring rotate'),
    });
    await expect(finish()).rejects.toMatchObject({ outcome: 'rejected' });
    await start();
    await expect(start()).rejects.toThrow('takes part in a rotation already');
    await expect(finish()).rejects.toMatchObject({ hint: expect.stringContaining('--switch') });
  });

  test('leaves no key behind that was being made when the process died', async () => {
    await mkdir(join(dir, '.ABCDEF.123'));
    await mkdir(join(dir, 'ABCDEF'));
    const { rotation } = await start();
    expect((await readdir(dir)).sort()).toEqual(
      [first.fingerprint, rotation?.other.fingerprint as string, 'keyring.json'].sort(),
    );
  });

  test('switches before the old key ends, and refuses to begin after it', async () => {
    now += 80 * DAY;
    expect((await start()).rotation?.switchAt).toBe((first.expires ?? 0) - DAY);
    dir = join(root, 'made');
    now = first.expires ?? 0;
    await expect(start()).rejects.toMatchObject({ hint: expect.stringContaining('keyring renew') });
  });

  test('goes on when the predecessor expires, but not when the current key does', async () => {
    await start();
    now = first.expires ?? 0;
    const announced = await openKeyring(dir, clock);
    await expect(announced.signCleartext(text)).rejects.toThrow(`the signing key ${first.fingerprint} expired`);
    const switched = await turn();
    expect(await switched.verifyCleartext(await switched.signCleartext(text))).toBe(text);
  });

  test('renews both keys', async () => {
    await start();
    now += 50 * DAY;
    const renewed = await renewKeyring({ dir, clock, validityDays: 500 });
    for (const expires of [renewed.expires, renewed.rotation?.other.expires]) {
      expect(Math.abs((expires ?? 0) - now - 500 * DAY)).toBeLessThan(2000);
    }
    expect(existsSync(join(dir, renewed.fingerprint, 'secret.asc'))).toBe(true);
  });
});

test('a pair of signatures is refused when one is missing, bad or by somebody else', async () => {
  const both = await start();
  const other = await createKeyring({ dir: join(root, 'foreign'), userId, now, validityDays: 9, algorithm: 'ed25519' });
  await expect(both.verifyCleartext(await first.signCleartext(text))).rejects.toThrow('there is no signature by');
  await expect(both.verifyCleartext(await other.signCleartext(text))).rejects.toThrow('does not verify');
  const signed = await both.signCleartext(text);
  await expect(both.verifyCleartext(signed.replace('example', 'another'))).rejects.toThrow('does not verify');
  await expect(first.verifyCleartext(signed)).rejects.toThrow('does not verify');
});
