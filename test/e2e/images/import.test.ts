import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createNspawnRunner } from '@fatbuildr/containers';
import { importRoot } from '@fatbuildr/worker/src/jobs/image/import-root.ts';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { farm } from '../this-farm.ts';

interface Entry {
  name: string;
  text?: string;
  type?: 'file' | 'directory' | 'symlink' | 'link' | 'block-device';
  linkname?: string;
  mode?: number;
  uid?: number;
}

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { text = '', type = 'file', ...header } of entries) archive.entry({ ...header, type }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** An OCI archive with these layers. */
async function oci(...layers: Buffer[]): Promise<Buffer> {
  const packed = layers.map((layer) => gzipSync(layer));
  const manifest = JSON.stringify({ layers: packed.map((layer) => ({ digest: `sha256:${sha256(layer)}` })) });
  const index = JSON.stringify({ manifests: [{ digest: `sha256:${sha256(manifest)}` }] });
  const blobs = [Buffer.from(manifest), ...packed].map((blob) => ({ name: `blobs/sha256/${sha256(blob)}`, blob }));
  const archive = pack();
  archive.entry({ name: 'oci-layout' }, '{"imageLayoutVersion": "1.0.0"}');
  archive.entry({ name: 'index.json' }, index);
  for (const { name, blob } of blobs) archive.entry({ name }, blob);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('an archive that is unpacked on a build host', () => {
  let directory: string;
  let root: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
    root = join(directory, 'root');
    await mkdir(root);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Unpacks an archive as the worker does, in the bootstrap of this farm. */
  async function unpack(content: Buffer): Promise<void> {
    const archive = { name: 'image.tar', size: content.length, sha256: sha256(content) };
    await writeFile(join(directory, 'blob'), content);
    const job = {
      id: 'import',
      workspace: directory,
      order: { limits: { memoryBytes: null, processes: null } },
      api: { fetchBlob: (_: unknown, path: string) => copyFile(join(directory, 'blob'), path) },
      log: { line: () => {}, output: () => {} },
      signal: new AbortController().signal,
    };
    const host = { runner: createNspawnRunner({ warn: () => {} }), commands: {} };
    const bootstrap = join(farm.directory, 'state/bootstraps/trixie/current/tree');
    await importRoot(host as never, job as never, { bootstrap, tree: { root } as never, archive });
  }

  test('keeps owners, modes and links, and leaves devices out', async () => {
    const content = await tar([
      { name: './usr/', type: 'directory' },
      { name: './usr/tool', text: 'tool', mode: 0o4755, uid: 1234 },
      { name: './bin', type: 'symlink', linkname: 'usr/bin' },
      { name: './dev/', type: 'directory' },
      { name: './dev/sda', type: 'block-device' },
      { name: './usr/share/dev/guide', text: 'of developers' },
    ]);
    await unpack(gzipSync(content));
    const { mode, uid } = await lstat(join(root, 'usr/tool'));
    expect({ mode: mode & 0o7777, uid }).toEqual({ mode: 0o4755, uid: 1234 });
    expect((await lstat(join(root, 'bin'))).isSymbolicLink()).toBe(true);
    expect(await readdir(join(root, 'dev'))).toEqual([]);
    expect(await readdir(join(root, 'usr/share/dev'))).toEqual(['guide']);
  });

  test('may be layers, of which later ones take away and replace', async () => {
    const first = await tar([
      { name: 'usr/kept', text: 'first' },
      { name: 'usr/gone', text: 'first' },
      { name: 'etc/old/one', text: '1' },
    ]);
    const second = await tar([
      { name: 'usr/.wh.gone', text: '' },
      { name: 'etc/old/.wh..wh..opq', text: '' },
      { name: 'etc/old/two', text: '2' },
      { name: 'usr/kept', text: 'second' },
      { name: 'dev/null', text: '' },
      { name: 'etc/dev/kept', text: '' },
    ]);
    await unpack(await oci(first, second));
    expect(await readdir(join(root, 'usr'))).toEqual(['kept']);
    expect(await readFile(join(root, 'usr/kept'), 'utf8')).toBe('second');
    expect(await readdir(join(root, 'etc/old'))).toEqual(['two']);
    expect(await readdir(join(root, 'etc/dev'))).toEqual(['kept']);
    expect(await readdir(root)).not.toContain('dev');
  });

  const outside = '../../escape';
  test.each<{ what: string; entries: Entry[]; told: string }>([
    { what: 'climbs', entries: [{ name: outside, text: 'x' }], told: `the entry "${outside}" leads out` },
    { what: 'is absolute', entries: [{ name: '/etc/escape', text: 'x' }], told: 'leads out of the archive' },
    {
      what: 'goes through a link',
      entries: [
        { name: 'usr', type: 'symlink', linkname: '/etc' },
        { name: 'usr/escape', text: 'x' },
      ],
      told: 'goes through the link "usr"',
    },
    {
      what: 'links to outside',
      entries: [{ name: 'usr/x', type: 'link', linkname: outside }],
      told: 'leads out of the archive',
    },
    { what: 'is a device', entries: [{ name: 'usr/disk', type: 'block-device' }], told: '"usr/disk" is a device' },
    { what: 'lies one directory too deep', entries: [{ name: 'image/usr/x', text: 'x' }], told: 'no usr/ at its top' },
  ])('is refused when an entry $what', async ({ entries, told }) => {
    await expect(unpack(await tar(entries))).rejects.toThrow(told);
    expect((await readdir(directory)).toSorted()).toEqual(['archive', 'blob', 'root', 'root-unpack', 'tmp']);
  });

  test('is refused when it is none', async () => {
    await expect(unpack(Buffer.from('no archive'))).rejects.toThrow('no tar archive, or damaged');
  });

  test('is refused when it is cut off', async () => {
    const whole = gzipSync(await tar([{ name: 'usr/x', text: 'x'.repeat(100_000) }]));
    await expect(unpack(whole.subarray(0, whole.length / 2))).rejects.toThrow('damaged');
  });

  test('is refused when a layer is another', async () => {
    const layer = await tar([{ name: 'usr/x', text: 'x' }]);
    const forged = (await oci(layer)).toString('latin1').replace(sha256(gzipSync(layer)), '0'.repeat(64));
    await expect(unpack(Buffer.from(forged, 'latin1'))).rejects.toThrow(/missing|other content|damaged/);
  });
});

describe('images import', () => {
  test('refuses an image without the tools of its format, and keeps the one there is', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
    try {
      const before = (await farm.ctl(['images', 'list', '--json'])).stdout;
      await mkdir(join(directory, 'root/usr'), { recursive: true });
      const imported = await farm.ctl(['images', 'import', '-f', 'deb', join(directory, 'root')]);
      expect(imported).toMatchObject({ status: 1 });
      expect(imported.stderr).toContain('The image is no tool image for deb packages: no shell runs in it.');
      expect((await farm.ctl(['images', 'list', '--json'])).stdout).toBe(before);
      const above = await farm.ctl(['images', 'import', '-f', 'deb', directory]);
      expect(above).toMatchObject({ status: 1, stderr: expect.stringContaining('it has no usr/') });
      const none = await farm.ctl(['images', 'import', '-f', 'deb', join(directory, 'nowhere')]);
      expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no') });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
