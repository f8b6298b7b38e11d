import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openReaders, type Readers } from '../reading/readers.ts';
import { testRpmRepository } from '../test-registry.ts';
import { directoryFiles } from './directory.ts';
import { listOrigin } from './list-origin.ts';
import type { Listing } from './listed.ts';
import { mergedMetadata } from './metadata.ts';
import type { Origin } from './origin.ts';
import { listRpm } from './rpm-tree.ts';
import { sum } from './test-origin.ts';

let top: string;
let dir: string;
let readers: Readers;
let lines: string[];
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'fatbuildr-rpm-tree-'));
  readers = openReaders();
});
afterAll(async () => {
  await readers.close();
  await rm(top, { recursive: true, force: true });
});
beforeEach(async () => {
  dir = await mkdtemp(join(top, 'case-'));
  await mkdir(join(dir, 'scratch'));
  lines = [];
});

interface Data {
  type: string;
  content: string | Uint8Array;
  name?: string;
  sha256?: string;
}

const primary = (...architectures: string[]) => {
  const packages = architectures.map(
    (architecture, index) =>
      `<package type="rpm"><name>p${index}</name><arch>${architecture}</arch><version epoch="0" ver="1" rel="1"/>` +
      `<checksum type="sha256" pkgid="YES">${sum(`${index}`)}</checksum><size package="1"/><location href="p${index}.rpm"/>` +
      '</package>',
  );
  return { type: 'primary', content: gzipSync(`<metadata>${packages.join('\n')}</metadata>`), name: 'primary.xml.gz' };
};

/** Writes `repodata/` into a directory of the case. */
async function repodata(below: string, ...data: Data[]): Promise<void> {
  const place = join(dir, 'origin', below, 'repodata');
  await mkdir(place, { recursive: true });
  const elements = data.map(({ type, content, name = `${type}.xml`, sha256 = sum(content) }) => {
    const location = `<location href="repodata/${name}"/>`;
    return `<data type="${type}"><checksum type="sha256">${sha256}</checksum>${location}<size>${content.length}</size></data>`;
  });
  for (const { type, content, name = `${type}.xml` } of data) await writeFile(join(place, name), content);
  await writeFile(join(place, 'repomd.xml'), `<repomd>\n${elements.join('\n')}\n</repomd>`);
}

async function inOrigin<T>(work: (origin: Origin) => Promise<T>): Promise<T> {
  await using reader = readers.session();
  const location = join(dir, 'origin');
  const files = await directoryFiles(location, [location]);
  const rest = { verifier: null, expired: false, clock: Date.now, scratch: join(dir, 'scratch') };
  return await work({ files, reader, ...rest, line: (text) => void lines.push(text) });
}

const list = (architectures = ['x86_64', 'aarch64']): Promise<Listing | undefined> =>
  inOrigin((origin) => listRpm(origin, { suite: 'el9', component: 'main', architectures }));

const rejected = (message: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(message) });

const comps = (...ids: string[]) =>
  `<comps>\n${ids.map((id) => `<group><id>${id}</id><name>${id} &amp; more</name></group>`).join('\n')}\n</comps>\n`;

test('groups are for the directories whose packages are there', async () => {
  const metadataOf = async (...architectures: string[]) => {
    await repodata('', primary(...architectures), { type: 'group', content: comps('core'), name: 'comps.xml' });
    return (await list())?.metadata.map(({ type, directories }) => [type, ...directories]);
  };
  expect(await metadataOf('x86_64', 'noarch')).toEqual([['group', 'x86_64']]);
  expect(await metadataOf('noarch')).toEqual([['group', 'x86_64', 'aarch64']]);
  expect(await metadataOf('src')).toEqual([['group', 'source']]);
  expect(lines).toContain('repodata/repomd.xml: 1 groups');
});

test('each directory of a distribution has its own', async () => {
  await repodata('x86_64', primary('noarch'), { type: 'group', content: comps('core') });
  await repodata('SRPMS', primary('src'), { type: 'group_gz', content: gzipSync(comps('src')), name: 'comps.xml.gz' });
  const listing = await list();
  expect(listing?.metadata.map(({ directories }) => directories)).toEqual([['x86_64'], ['source']]);
  expect(listing?.packages.map(({ files }) => files[0]?.path)).toEqual(['x86_64/p0.rpm', 'SRPMS/p0.rpm']);
});

test.each([
  ['no XML', '<comps><group></comps>'],
  ['of another kind', '<updates/>'],
  ['cut off', '<comps><group><id>a</id></group>'],
  ['with entities', '<!DOCTYPE comps [<!ENTITY a "b">]><comps/>'],
  ['with entities that it does not say', '<comps><group><id>&a;</id></group></comps>'],
  ['in another encoding', '<?xml version="1.0" encoding="UTF-16"?><comps/>'],
  ['no text', Buffer.from([0x3c, 0xff, 0xfe])],
  ['a bomb', gzipSync(Buffer.alloc(64 << 20, 0x20))],
  ['with names that are declared elsewhere', '<comps><x:group/></comps>'],
  ['deep', `<comps>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</comps>`],
])('groups that clients could not read are left out: %s', async (what, content) => {
  const name = what === 'a bomb' ? 'comps.xml.gz' : 'comps.xml';
  await repodata('', primary('x86_64'), { type: 'group', content, name });
  expect(await list()).toMatchObject({ packages: [{ name: 'p0' }], metadata: [] });
  expect(lines.join('\n')).toContain('left out: group');
});

test('a document type that only names a DTD is no obstacle', async () => {
  const head =
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made -->\n<!DOCTYPE comps PUBLIC "-//X//DTD//EN" "comps.dtd">\n';
  await repodata('', primary('x86_64'), { type: 'group', content: `${head}${comps('core')}` });
  expect((await list())?.metadata).toHaveLength(1);
});

const module = (name: string, stream: string, more = '') =>
  `---\ndocument: modulemd\nversion: 2\ndata:\n  name: ${name}\n  stream: "${stream}"\n  summary: >-\n    A * b & c\n${more}...\n`;

test.each([
  ['a module', module('a', '1'), 1],
  [
    'two, and a default',
    `${module('a', '1')}${module('a', '2')}---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: a\n`,
    3,
  ],
  ['aliases', module('a', '1', '  x: &x [1]\n  y: *x\n'), undefined],
  ['a tag', module('a', '1', '  x: !!js/function "x"\n'), undefined],
  ['control characters', module('a', '\u0007'), undefined],
  ['no YAML', module('a', '1', '  x: [\n'), undefined],
  ['something else', '---\na: b\n', undefined],
])('modules: %s', async (_, content, count) => {
  await repodata('', primary('x86_64'), { type: 'modules', content, name: 'modules.yaml' });
  expect((await list())?.metadata).toHaveLength(count === undefined ? 0 : 1);
  expect(lines.join('\n')).toContain(count === undefined ? 'left out: modules' : `${count} modules`);
});

test('groups are for who imports everything', async () => {
  await repodata('', primary('x86_64'), { type: 'group', content: comps('core') });
  const part = { repository: testRpmRepository, derivative: 'main' };
  const listings = await inOrigin((origin) =>
    Promise.all([[], [{ source: 'p0' }]].map((selectors) => listOrigin(origin, { ...part, selectors }))),
  );
  expect(listings.map(({ metadata }) => metadata.length)).toEqual([1, 0]);
  expect(lines.join('\n')).toContain('are not taken over, since not everything was asked for');
});

test('groups that are not what is listed refuse all', async () => {
  await repodata('', primary('x86_64'), { type: 'group', content: comps('core'), sha256: sum('other') });
  await expect(list()).rejects.toEqual(rejected('is not the file that is listed'));
});

test('clients are given plain XML, whatever came', async () => {
  const strange =
    '<comps><group a="1" xml:lang="de" a=\'"2"\'><!-- -- --><?x y?><id>co&#114;e</id>\u0001&#2;&#xd800; ]]&gt;</group></comps>';
  await repodata('', primary('x86_64'), { type: 'group', content: strange });
  const [entry] = await inOrigin(async (origin) => {
    const [found] = (await listRpm(origin, { suite: '', component: '', architectures: ['x86_64'] }))?.metadata ?? [];
    return origin.reader.readList('group', { path: found?.path ?? '', name: 'comps.xml' });
  });
  const text = '<group a="&quot;2&quot;" xml:lang="de"><id>core</id> ]]&gt;</group>';
  expect(entry).toEqual({ key: 'group core ', text });
});

test('what a repository has of its own stays, unless it is about the same', async () => {
  await repodata('', primary('x86_64'), { type: 'group', content: comps('core', 'web') });
  const own = Buffer.from(comps('web', 'mail').replaceAll('more', 'ours'));
  const merged = await inOrigin(async (origin) => {
    const listing = await listRpm(origin, { suite: 'el9', component: 'main', architectures: ['x86_64'] });
    const registry = { metadata: () => own };
    return mergedMetadata(
      origin,
      registry,
      { repository: testRpmRepository, derivative: 'main' },
      listing?.metadata ?? [],
    );
  });
  const text = Buffer.from(merged[0]?.content ?? []).toString();
  expect([...text.matchAll(/<name>(.*)<\/name>/g)].map(([, name]) => name)).toEqual([
    'mail &amp; ours',
    'core &amp; more',
    'web &amp; more',
  ]);
  expect(merged).toMatchObject([{ derivative: 'main', architecture: 'x86_64', type: 'group' }]);
  expect(lines).toContain('group of x86_64: 2 groups come, 1 others stay');
});

test.each([
  [
    'SQLite and zchunk alone',
    [
      { type: 'primary_db', content: 'x', name: 'primary.sqlite.bz2' },
      { type: 'primary_zck', content: 'x', name: 'primary.xml.zck' },
    ],
    'leads to no primary list in XML',
  ],
  ['two primary lists', [primary('x86_64'), { ...primary('src'), name: 'other.xml.gz' }], '"primary" twice'],
  ['one that is not there', [{ ...primary('x86_64'), name: '../../secret.gz' }], 'outside of its repository'],
])('%s: refused', async (_, data, message) => {
  await repodata('', ...data);
  await expect(list()).rejects.toEqual(rejected(message));
});

test('what else a repository has is passed over: delta packages, SQLite, zchunk', async () => {
  const others = ['prestodelta', 'primary_db', 'primary_zck', 'filelists', 'other'];
  await repodata('', primary('x86_64'), ...others.map((type) => ({ type, content: 'x', sha256: 'none' })));
  expect((await list())?.packages).toHaveLength(1);
});
