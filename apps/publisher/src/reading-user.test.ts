import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openReaders } from '@fatbuildr/registry';
import { createKeyring } from '@fatbuildr/signing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readingUser } from './reading-user.ts';

const run = promisify(execFile);

let dir: string;
/** A Node that everybody may execute. */
let node: string;
let passphrase: string;
/** What Node is told when a reader is started as the same user, and as another. */
let restrictions: string[];
let restrictionsOfOther: string[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-reader-'));
  await chmod(dir, 0o755);
  node = join(dir, 'node');
  await copyFile(process.execPath, node);
  const { fingerprint } = await createKeyring({
    dir: join(dir, 'keyrings/default'),
    userId: { name: 'Farm', email: 'farm@example.org' },
    now: Date.now(),
    validityDays: 9,
    algorithm: 'ed25519',
  });
  restrictions = await optionsOfReader({});
  restrictionsOfOther = await optionsOfReader(await readingUser({ warn: () => {} }));
  passphrase = join(dir, 'keyrings/default', fingerprint, 'passphrase');
});
/** The options of the reading process that this one started. */
async function optionsOfReader(user: { uid?: number; gid?: number }): Promise<string[]> {
  const readers = openReaders(user);
  try {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const parent = / ([0-9]+) /.exec((await read('stat')).split(') ')[1] ?? '')?.[1];
      if (parent !== String(process.pid)) continue;
      const words = (await read('cmdline')).split('\0');
      const program = words.findIndex((word) => word.endsWith('reading/program.ts'));
      if (program > 0) return words.slice(1, program);
    }
    throw new Error('there is no reading process');
  } finally {
    await readers.close();
  }
}
afterAll(() => rm(dir, { recursive: true, force: true }));

/** What a reader that a package took over would do: look for the key by itself, in /proc, and with the help of others. */
const search = (secret: string) => `
  const fs = require('node:fs');
  const { execFileSync } = require('node:child_process');
  const tries = [
    () => fs.readFileSync(${JSON.stringify(secret)}, 'utf8'),
    () => fs.readFileSync('/proc/self/cwd/' + ${JSON.stringify(secret)}, 'utf8'),
    () => fs.readFileSync(fs.openSync(${JSON.stringify(secret)}), 'utf8'),
    () => execFileSync('cat', [${JSON.stringify(secret)}], { stdio: 'pipe' }).toString(),
    () => JSON.stringify(process.env),
  ];
  for (const attempt of tries) try { console.log(attempt()); } catch (error) { console.log(error.code ?? error.status); }
`;

async function found(args: string[], user: { uid?: number; gid?: number } = {}): Promise<boolean> {
  const { stdout } = await run(node, [...args, '--eval', search(passphrase)], {
    ...user,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  return stdout.includes(await readFile(passphrase, 'utf8'));
}

/** Only root can make another user of a process. */
describe.runIf(process.getuid?.() === 0)('a reader of packages', () => {
  test('as another user finds no key, whatever it tries', async () => {
    const user = await readingUser({ warn: () => {} }, { executable: node });
    expect(user).toEqual({ uid: 65_534, gid: 65_534 });
    expect(await found(restrictionsOfOther, user)).toBe(false);
    // The user alone suffices.
    expect(await found([], user)).toBe(false);
  });

  test('as the user who owns the keys finds none either: it starts no program', async () => {
    expect(await found(restrictions)).toBe(false);
  });

  test('without any of it finds it: the search is a good one', async () => {
    expect(await found([])).toBe(true);
  });

  test('stays the same user where another could not execute Node, and says so', async () => {
    const said: unknown[] = [];
    await chmod(node, 0o700);
    try {
      expect(
        await readingUser({ warn: (...words: unknown[]) => void said.push(words.at(-1)) }, { executable: node }),
      ).toEqual({});
    } finally {
      await chmod(node, 0o755);
    }
    expect(said).toEqual([expect.stringContaining('packages are read as root')]);
    expect(await readingUser({ warn: () => {} }, { uid: 1000 })).toEqual({});
  });
});
