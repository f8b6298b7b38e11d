import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ctl, program, type Said } from './ctl.ts';

let redis: TestRedis;
let farm: Farm;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url, instances: { default: INSTANCE, other: INSTANCE }, ready: false });
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

async function done(words: string[], input = ''): Promise<Said> {
  const said = await ctl(farm, words, { input });
  expect({ words, ...said }).toMatchObject({ status: 0 });
  return said;
}

const served = async (path: string) => (await fetch(`${farm.url}/${path}`)).text();
const keyring = async (instance = 'default') => farm.client.keyring({ params: { instance } });
const within = (path: string) => join(farm.directory, path);

describe('fatbuildrctl keyring', () => {
  test('create, show and export, armoured and as bytes', async () => {
    await done(['keyring', 'create', '--instance', 'default', '--duration', '20d']);
    const { fingerprint, publicKey } = await keyring();
    const { stdout } = await done(['keyring', 'show', '--instance', 'default']);
    expect(stdout).toMatch(new RegExp(`^Fingerprint +${fingerprint}$`, 'm'));
    expect((await done(['keyring', 'export', '--instance', 'default'])).stdout).toBe(publicKey);
    await done(['keyring', 'export', '--instance', 'default', '--binary', '--output', within('farm.gpg')]);
    const listed = await execa('gpg', [
      '--homedir',
      farm.directory,
      '--show-keys',
      '--with-colons',
      within('farm.gpg'),
    ]);
    expect(listed.stdout).toContain(fingerprint);
    expect((await done(['keyring', 'export', '--instance', 'default', '--binary'])).stdout.length).toBeGreaterThan(100);
  });

  test('a key that ends soon is told of where an administrator looks, until it is renewed', async () => {
    const warning = /The signing key of instance default expires on .*keyring renew --instance default/;
    for (const words of [['list'], ['keyring', 'show']]) {
      const { stdout, stderr } = await done([...words, '--instance', 'default']);
      expect(stderr).toMatch(warning);
      expect(stdout).not.toMatch(warning);
    }
    expect((await farm.client.health({})).parts['keyrings']).toMatchObject({ ok: false });
    await done(['keyring', 'renew', '--instance', 'default', '--duration', '1y']);
    expect((await done(['list', '--instance', 'default'])).stderr).toBe('');
    expect((await farm.client.health({})).parts['keyrings']).toMatchObject({ ok: true });
    expect(await served('default/keyring.asc')).toBe((await keyring()).publicKey);
  });

  test('export --revocation reads it from the publisher’s directory', async () => {
    const out = within('revocation.asc');
    await done(['keyring', 'export', '--instance', 'default', '--revocation', '--output', out]);
    expect(await readFile(out, 'utf8')).toContain('This is a revocation certificate');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const unknown = await ctl(farm, ['keyring', 'export', '--instance', 'default', '--revocation', '--key', 'ABCD']);
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('has no key ABCD') });
  });

  test('rotate in three steps, each shown; the last one asks', async () => {
    const old = await keyring();
    const rotate = (...more: string[]) => ['keyring', 'rotate', '--instance', 'default', ...more];
    expect((await done(rotate('--overlap', '10d'))).stdout).toContain('have clients fetch keyring.asc');
    const announced = (await done(['keyring', 'show', '--instance', 'default'])).stdout;
    expect(announced).toMatch(/^Successor +[0-9A-F]{40} until \d{4}-/m);
    expect(announced).toMatch(/^Next +switches on \d{4}-.*rotate --switch$/m);
    expect((await served('default/keyring.asc')).match(/BEGIN PGP/g)).toHaveLength(2);

    await done(rotate('--switch'));
    expect((await done(['keyring', 'show', '--instance', 'default'])).stdout).toMatch(
      new RegExp(`^Predecessor +${old.fingerprint} `, 'm'),
    );
    expect(await ctl(farm, rotate('--finish'))).toMatchObject({ status: 1, stderr: expect.stringContaining('--yes') });
    await done(rotate('--finish', '--yes'));
    const now = await keyring();
    expect(now).toMatchObject({ rotation: null, retired: [old.fingerprint] });
    expect(await served('default/keyring.asc')).toBe(now.publicKey);
    expect(await served('default/retired-keys.asc')).toBe(old.publicKey);
    await done(['keyring', 'export', '--instance', 'default', '--revocation', '--key', old.fingerprint]);
    expect(await ctl(farm, rotate('--switch'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no rotation'),
    });
  });

  test('import takes a key with its passphrase from file to file, and leaves none behind', async () => {
    const keys = within(`state/keyrings/default/${(await keyring()).fingerprint}`);
    const file = join(keys, 'secret.asc');
    const words = ['keyring', 'import', file, '--instance', 'other', '--passphrase-stdin'];
    const refused = await ctl(farm, words, { input: 'wrong\n' });
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('passphrase is not its own') });
    await done(words, await readFile(join(keys, 'passphrase'), 'utf8'));
    expect((await keyring('other')).fingerprint).toBe((await keyring()).fingerprint);
    expect(existsSync(within('state/publisher/import/other.asc'))).toBe(false);
    expect(existsSync(within('state/publisher/import/other.passphrase'))).toBe(false);
    const database = await readFile(within('state/fatbuildr.db'), 'latin1');
    expect(database).not.toMatch(/PRIVATE KEY|PGP MESSAGE/);
    expect(await ctl(farm, words)).toMatchObject({ stderr: expect.stringContaining('has a keyring already') });
  });

  test('import says what is missing, and sends no secret to a server', async () => {
    const bare = await ctl(farm, ['keyring', 'import', '--instance', 'other']);
    expect(bare).toMatchObject({ status: 1, stderr: expect.stringContaining('--placed') });
    await writeFile(within('some.key'), 'secret');
    const token = await farm.client.createToken({ body: { name: 'keys', actions: ['view', 'keyring'] } });
    const env = { FATBUILDR_URI: farm.url, FATBUILDR_TOKEN: token.token, NO_COLOR: '1', HOME: farm.directory };
    const words = ['keyring', 'import', within('some.key'), '--instance', 'other'];
    const { stderr } = await execa(program, words, { env, reject: false });
    expect(stderr).toContain('A secret key is not sent to a server.');
  });
});
