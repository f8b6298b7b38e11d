import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWave } from '../shared/wave.ts';
import type { Shard } from '../store/shards.ts';
import { openStore, type Store } from '../store/store.ts';
import { openBeginnings } from './beginnings.ts';
import type { IndexList } from './list.ts';
import { writeList } from './write-list.ts';

const LIST: IndexList = {
  ...{ key: 'main/binary-amd64/Packages.gz', derivative: 'main', kinds: ['binary'], architectures: ['amd64'] },
  ...{ part: 'stanza', compression: 'gzip', keepsPlain: true, mayLag: false },
};

let dir: string;
let store: Store;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fatbuildr-list-'));
  store = openStore(join(dir, 'registry.db'));
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true });
});

function piece(text: string, { keepsPlain } = LIST): Shard {
  const plain = Buffer.from(text);
  const body = store.addBody(keepsPlain ? { entries: Uint32Array.of(1, plain.length), plain } : null, gzipSync(plain));
  return { name: text, package: 1, count: 1, size: plain.length, body };
}

const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Writes a list, and sees that what is told of it is so. @returns its text */
async function write(list: IndexList, shards: Shard[], beginnings = openBeginnings()): Promise<string> {
  const made = await writeList(store, list, shards, openWave(dir), beginnings, 'list');
  const packed = readFileSync(made.staged);
  const plain = gunzipSync(packed);
  expect([made.size, made.sha256]).toEqual([packed.length, sum(packed)]);
  expect(made.plain).toEqual({ size: plain.length, sha256: sum(plain) });
  return plain.toString();
}

test('tells the digests of the file and of what is in it, empty, framed, and with or without plain pieces', async () => {
  expect(await write(LIST, [])).toBe('');
  expect(await write(LIST, [piece('a'), piece('b')])).toBe('ab');
  const unkept = { ...LIST, keepsPlain: false };
  expect(await write(unkept, [piece('a', unkept), piece('b', unkept)])).toBe('ab');
  const framed = { ...LIST, frame: (count: number) => ({ head: `${count}<`, tail: '>' }) };
  expect(await write(framed, [piece('a'), piece('b')])).toBe('2<ab>');
  expect(await write(framed, [])).toBe('0<>');
});

test('goes on from what it remembers, wherever the list changes', async () => {
  const beginnings = openBeginnings();
  let shards = Array.from({ length: 50 }, (_, index) => piece(`${index} `));
  await write(LIST, shards, beginnings);
  for (const at of [49, 20, 0, 31, 7, 8, 49]) {
    shards = shards.with(at, piece(`changed at ${at} `));
    expect(await write(LIST, shards, beginnings)).toContain(`changed at ${at} `);
  }
  shards = shards.slice(0, 30);
  await write(LIST, shards, beginnings);
  await write(LIST, [...shards, piece('more')], beginnings);
  await write(LIST, [], beginnings);
});

test('does not hash again what stands before a change', () => {
  const beginnings = openBeginnings();
  const bodies = Array.from({ length: 20 }, (_, index) => index);
  const done = beginnings.find('list', bodies);
  for (; done.count < 20; done.count += 1) beginnings.reached('list', bodies, done);
  expect(beginnings.find('other', bodies).count).toBe(0);
  expect(beginnings.find('list', bodies.with(18, 99)).count).toBe(16);
  expect(beginnings.find('list', bodies.with(10, 98)).count).toBe(8);
});
