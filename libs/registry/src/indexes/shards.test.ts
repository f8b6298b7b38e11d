import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { randomNumbers } from '@fatbuildr/testing/synthetic';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AptRepository } from '../model/repository.ts';
import type { PackageFacts, StoredRepository } from '../store/rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { testRepository } from '../test-registry.ts';
import type { IndexList } from './list.ts';
import { changeShards } from './shards.ts';

const LIST: IndexList = {
  key: 'main/binary-amd64/Packages.gz',
  derivative: 'main',
  kinds: ['binary'],
  architectures: ['amd64'],
  part: 'stanza',
  compression: 'gzip',
  keepsPlain: true,
  mayLag: false,
};

let dir: string;
let store: Store;
let revision: number;
/** What the list is to hold: name, row and part, by row. */
let wanted: Map<number, { name: string; package: number; part: string }>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fatbuildr-shards-'));
  store = openStore(join(dir, 'registry.db'));
  revision = 0;
  wanted = new Map();
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true });
});

function addRow(name: string, part: string): { name: string; package: number; part: string } {
  const facts: PackageFacts = {
    ...{ kind: 'binary', name, version: '1', architecture: 'amd64', source: { name, version: '1' }, section: '' },
    ...{ summary: '', relations: {}, digest: `${name} ${part}`, content: name, files: [], size: 0 },
  };
  return { name, package: store.addPackage(testRepository, facts, { stanza: part }), part };
}

/** Makes a change as a publication does. @returns how many pieces were made anew */
async function publish(add: { name: string; part: string }[], remove: number[]): Promise<number> {
  const definition: AptRepository = testRepository;
  const { repository, fence } = store.startWriting(definition);
  const rows = add.map(({ name, part }) => addRow(name, part));
  rows.sort((a, b) => (a.name === b.name ? a.package - b.package : a.name < b.name ? -1 : 1));
  const gone = new Map(remove.map((row) => [row, wanted.get(row) as { name: string; package: number }]));
  let made = 0;
  const change = { add: rows, remove: new Set(remove), touched: [...rows, ...gone.values()], anew: false };
  const shards = await changeShards(store, repository, LIST, change, () => {
    made += 1;
  });
  revision += 1;
  const common = { derivative: 'main', kind: 'binary', architecture: 'amd64', task: null } as const;
  store.moveHead({
    repository,
    definition,
    fence,
    publication: {
      ...{ revision, previous: revision === 1 ? null : revision - 1, created: revision, tasks: [] },
      ...{ packages: 0, added: 0, removed: 0, manifest: [] },
    },
    add: rows.map((row) => ({ ...common, id: row.package, name: row.name })),
    remove: [...gone.values()].map((key) => ({ ...common, id: key.package, name: key.name })),
    lists: [{ key: LIST.key, shards }],
    allLists: new Set([LIST.key]),
  });
  for (const row of remove) wanted.delete(row);
  for (const row of rows) wanted.set(row.package, row);
  return made;
}

/** The list as a client would read it, and how large its pieces are. */
function read(): { text: string; sizes: number[] } {
  const repository = store.find(testRepository) as StoredRepository;
  const shards = store.shards(repository, LIST.key);
  const bodies = shards.map(({ body }) => store.body(body, true));
  for (const { plain, packed } of bodies) expect(gunzipSync(packed).equals(plain as Uint8Array)).toBe(true);
  expect(shards.reduce((sum, { count }) => sum + count, 0)).toBe(wanted.size);
  return {
    text: bodies.map(({ plain }) => Buffer.from(plain as Uint8Array)).join(''),
    sizes: shards.map(({ size }) => size),
  };
}

function inOrder(): string {
  const all = [...wanted.values()];
  all.sort((a, b) => (a.name === b.name ? a.package - b.package : a.name < b.name ? -1 : 1));
  return all.map(({ part }) => part).join('');
}

test('after any changes the pieces are the list, in order, none too large', { timeout: 20_000 }, async () => {
  const random = randomNumbers(3);
  const any = (below: number) => Math.floor(random() * below);
  for (let round = 0; round < 27; round += 1) {
    const add = Array.from({ length: any(round % 10 === 0 ? 400 : 12) }, (_, index) => {
      const name = `p${any(2000)}`;
      return { name, part: `${name} ${round} ${index} ${'x'.repeat(any(4000))}\n` };
    });
    const rows = [...wanted.keys()];
    const most = round % 13 === 12 ? rows.length : 20;
    const remove = new Set(Array.from({ length: any(most) }, () => rows[any(rows.length)] ?? 0));
    await publish(
      add,
      [...remove].filter((row) => wanted.has(row)),
    );
    const { text, sizes } = read();
    expect(text === inOrder()).toBe(true);
    expect(Math.max(0, ...sizes)).toBeLessThan((512 << 10) + 8000);
  }
  await publish([], [...wanted.keys()]);
  expect(read()).toEqual({ text: '', sizes: [] });
  expect(store.dropAbandonedBodies()).toBe(0);
});

test('a change makes the pieces that it touches, whatever the size of the list', { timeout: 20_000 }, async () => {
  const names = Array.from({ length: 4000 }, (_, index) => `p${String(index).padStart(5, '0')}`);
  await publish(
    names.map((name) => ({ name, part: `${name} ${'x'.repeat(900)}\n` })),
    [],
  );
  expect(read().sizes.length).toBeGreaterThan(6);
  expect(await publish([{ name: 'p02000a', part: 'new\n' }], [])).toBe(1);
  expect(await publish([], [[...wanted.keys()][10] as number])).toBe(1);
  expect(await publish([{ name: 'a', part: 'first\n' }], [[...wanted.keys()].at(-2) as number])).toBe(2);
});

test('a large package is a piece of its own, and small pieces are joined', async () => {
  const large = 'y'.repeat(700_000);
  await publish(
    ['a', 'b', 'c'].map((name) => ({ name, part: `${name}${large}\n` })),
    [],
  );
  expect(read().sizes).toHaveLength(3);
  const row = [...wanted.values()].find(({ name }) => name === 'a')?.package as number;
  await publish([{ name: 'a', part: 'small\n' }], [row]);
  expect(read().text === inOrder()).toBe(true);
});
