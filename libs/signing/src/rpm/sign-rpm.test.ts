import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LEAD_SIZE, locateRpmParts, parseHeader, renderHeader } from '@fatbuildr/domain/rpm';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyring } from '../create.ts';
import type { Keyring, NewKeyAlgorithm } from '../types.ts';
import { signRpm } from './sign-rpm.ts';

const run = promisify(execFile);
const now = Date.now() - 60_000;

let dir: string;
let unsigned: string;
let content: Buffer;
const keyrings: Partial<Record<NewKeyAlgorithm, Keyring>> = {};
const rpmSigner = (algorithm: NewKeyAlgorithm) => (keyrings[algorithm] as Keyring).rpm;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-rpmsign-'));
  const built = await makeRpm({ name: 'hello', version: '1', files: { '/usr/share/hello': 'hello\n'.repeat(5000) } });
  content = built.find(({ name }) => name === 'hello-1-1.noarch.rpm')?.content as Buffer;
  unsigned = await put('hello.rpm', content);
  for (const algorithm of ['rsa4096', 'ed25519'] as const) {
    const userId = { name: 'Farm', email: 'farm@example.org' };
    keyrings[algorithm] = await createKeyring({ dir: join(dir, algorithm), userId, now, validityDays: 9, algorithm });
    await writeFile(join(dir, `${algorithm}.asc`), keyrings[algorithm].armoredPublicKey());
    await mkdir(join(dir, `db-${algorithm}`));
    await rpmkeys(algorithm, '--import', join(dir, `${algorithm}.asc`));
  }
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function put(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(dir, name), bytes);
  return join(dir, name);
}

/** With a database that knows one key. */
async function rpmkeys(algorithm: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('rpmkeys', ['--define', `_dbpath ${join(dir, `db-${algorithm}`)}`, ...args]);
  return stdout;
}

let outputs = 0;
async function sign(path: string, algorithm: NewKeyAlgorithm = 'rsa4096'): Promise<string> {
  outputs += 1;
  const signed = join(dir, `signed${outputs}.rpm`);
  await signRpm(path, signed, keyrings[algorithm] as Keyring);
  return signed;
}

async function partsOf(bytes: Uint8Array) {
  const parts = await locateRpmParts(async (offset, length) => bytes.subarray(offset, offset + length));
  const signature = parseHeader(bytes.subarray(LEAD_SIZE, parts.signature.end), 'it');
  return { parts, signature, tags: signature.entries.map(({ tag }) => tag) };
}

/** The package with another signature header. */
async function withSignature(edit: (entries: ReturnType<typeof parseHeader>['entries']) => typeof entries) {
  const { parts, signature } = await partsOf(content);
  const rendered = renderHeader('signature', edit(signature.entries));
  const padding = Buffer.alloc((8 - (rendered.length % 8)) % 8);
  return Buffer.concat([content.subarray(0, LEAD_SIZE), rendered, padding, content.subarray(parts.header.start)]);
}

describe.each(['rsa4096', 'ed25519'] as const)('with an %s key', (algorithm) => {
  const good = /Header V4 (RSA\/SHA512|EdDSA\/SHA512) Signature, key ID [0-9a-f]+: OK/;

  test('rpmkeys accepts it, and everything after the signature header is as it was', async () => {
    const signed = await sign(unsigned, algorithm);
    expect(await rpmkeys(algorithm, '-Kv', signed)).toMatch(good);
    const bytes = await readFile(signed);
    const [before, after] = [await partsOf(content), await partsOf(bytes)];
    expect(bytes.length).toBe(content.length);
    expect(bytes.subarray(after.parts.header.start).equals(content.subarray(before.parts.header.start))).toBe(true);
    expect(after.signature.size).toBe(before.signature.size);
  });

  test('replaces a signature that is there already', async () => {
    const twice = await sign(await sign(unsigned, algorithm === 'rsa4096' ? 'ed25519' : 'rsa4096'), algorithm);
    expect(await rpmkeys(algorithm, '-Kv', twice)).toMatch(good);
    const { tags } = await partsOf(await readFile(twice));
    expect(tags.filter((tag) => tag === 267 || tag === 268)).toHaveLength(1);
  });

  test('grows the header where nothing was reserved', async () => {
    const tight = await put('tight.rpm', await withSignature((entries) => entries.filter(({ tag }) => tag !== 1008)));
    expect(await rpmkeys(algorithm, '-Kv', await sign(tight, algorithm))).toMatch(good);
  });
});

test('tags that rpm does not know there are left out: it refuses a package for them', async () => {
  const stranger = { tag: 0x8000_0111, type: 6, count: 1, data: Buffer.from('x\0') };
  const mistyped = { tag: 1007, type: 6, count: 1, data: Buffer.from('x\0') };
  const odd = await withSignature((entries) => [...entries.filter(({ tag }) => tag !== 1007), stranger, mistyped]);
  const { tags } = await partsOf(await readFile(await sign(await put('odd.rpm', odd))));
  expect(tags).toEqual(expect.arrayContaining([268, 273]));
  expect(tags).not.toContain(stranger.tag);
  expect(tags).not.toContain(mistyped.tag);
});

test('another key does not verify it', async () => {
  const signed = await sign(unsigned, 'ed25519');
  await expect(rpmkeys('rsa4096', '-Kv', signed)).rejects.toMatchObject({ stdout: expect.stringContaining('NOKEY') });
});

test('a package whose header names no payload digest gets the signature over both', async () => {
  const { parts } = await partsOf(content);
  const bytes = Buffer.from(content);
  // Payload digests under numbers that mean nothing to rpm.
  for (let at = parts.header.start + 16; at < parts.header.end; at += 16) {
    const tag = bytes.readUInt32BE(at);
    if ([5092, 5093, 5097].includes(tag)) bytes.writeUInt32BE(400_000 + tag, at);
  }
  const md5 = createHash('md5').update(bytes.subarray(parts.header.start)).digest();
  const sha = (algorithm: string) =>
    createHash(algorithm).update(bytes.subarray(parts.header.start, parts.header.end)).digest('hex');
  content = bytes;
  const old = await put(
    'old.rpm',
    await withSignature((entries) =>
      entries.map((entry) => {
        if (entry.tag === 1004) return { ...entry, data: md5 };
        if (entry.tag === 269) return { ...entry, data: Buffer.from(`${sha('sha1')}\0`) };
        if (entry.tag === 273) return { ...entry, data: Buffer.from(`${sha('sha256')}\0`) };
        return entry;
      }),
    ),
  );
  content = await readFile(unsigned);
  const signed = await sign(old);
  expect((await partsOf(await readFile(signed))).tags).toEqual(expect.arrayContaining([268, 1002]));
  const said = await rpmkeys('rsa4096', '-Kv', signed);
  expect(said).toMatch(/Header V4 RSA\/SHA512 Signature, .*: OK/);
  expect(said).toMatch(/^ +V4 RSA\/SHA512 Signature, .*: OK/m);
});

describe('refuses', () => {
  const damaged: [string, number][] = [
    ['header', -1],
    ['payload', 1],
  ];
  test.each(damaged)('a changed %s', async (_, side) => {
    const { parts } = await partsOf(content);
    const bytes = Buffer.from(content);
    const at = parts.header.end + side * 3;
    bytes[at] = (bytes[at] as number) ^ 1;
    const before = outputs;
    await expect(sign(await put('damaged.rpm', bytes))).rejects.toMatchObject({ outcome: 'rejected' });
    await expect(readFile(join(dir, `signed${before + 1}.rpm`))).rejects.toThrow('ENOENT');
  });

  test('what is no package', async () => {
    for (const bytes of [Buffer.from('no package'), content.subarray(0, 100), content.subarray(0, 6000)]) {
      await expect(sign(await put('none.rpm', bytes))).rejects.toMatchObject({ outcome: 'rejected' });
    }
  });

  test('a signature by another key than it verifies with', async () => {
    const wrong = { ...rpmSigner('rsa4096'), signDetachedBinary: rpmSigner('ed25519').signDetachedBinary };
    await expect(signRpm(unsigned, join(dir, 'wrong.rpm'), { rpm: wrong })).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
  });
});
