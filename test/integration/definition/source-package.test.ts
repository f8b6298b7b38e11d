import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, definitionFiles, exec, failureOf, goodPatch, upstreamFiles } from './fixture.ts';

let bench: Awaited<ReturnType<typeof createBench>>;
let upstream: string;
beforeAll(async () => {
  bench = await createBench();
  upstream = await bench.upstream();
});
afterAll(() => bench.close());

/** The tree that dpkg-source unpacks, patches applied. */
async function unpack(output: string, dsc: string): Promise<(path: string) => Promise<string>> {
  await exec('dpkg-source', ['-x', dsc, 'tree'], { cwd: output });
  return (path) => readFile(join(output, 'tree', path), 'utf8');
}

describe('a source package from a definition', () => {
  it('has rendered packaging, our changelog, the patches, and upstream’s own bytes', async () => {
    const { dsc, files, output } = await bench.build(
      {
        ...definitionFiles,
        'patches/generic/b.patch': goodPatch,
        'patches/1.0/a.patch':
          `Template: yes\n${goodPatch.replaceAll('three', 'five').replace('-five\n+drei', '-five\n+{{ version.full }}').replace(' five\n+++', '')}`.replace(
            /@@[\s\S]*/,
            '@@ -1,2 +1,2 @@\n-one\n+{{ version.full }}\n two\n',
          ),
        'patches/generic/other.patch': `Formats: rpm\n${goodPatch}`,
        'patches/generic/el.patch': `Distributions: el8 el9\n${goodPatch}`,
      },
      upstream,
    );
    expect(dsc).toBe('sample_1.0-1.deb12.dsc');
    expect(files.map(({ name }) => name).sort()).toEqual([
      'sample_1.0-1.deb12.debian.tar.xz',
      'sample_1.0-1.deb12.dsc',
      'sample_1.0.orig.tar.gz',
    ]);
    expect(await readFile(join(output, 'sample_1.0.orig.tar.gz'))).toEqual(await readFile(upstream));
    const read = await unpack(output, dsc);
    expect(await read('debian/control')).toContain(
      'Description: sample 1.0 of bookworm\n Release 1.deb12, git tag 1.2-rc1.',
    );
    expect(await read('debian/changelog')).toMatch(
      /^sample \(1\.0-1\.deb12\) bookworm; urgency=medium\n\n {2}\* A change\n/,
    );
    expect(await read('debian/patches/series')).toBe('b.patch\na.patch\n');
    expect(await read('hello.txt')).toBe('1.0-1.deb12\ntwo\ndrei\nfour\nfive\n');
  });

  it('is made from an archive in the format of Unix v7', async () => {
    const old = await bench.archive(upstreamFiles, 'old.tar.gz', '--format=v7', '--transform=s,^\\./,,');
    const { dsc, output } = await bench.build(definitionFiles, old);
    expect(await (await unpack(output, dsc))('hello.txt')).toContain('three');
  });

  it('is the same bytes each time', async () => {
    const [one, two] = [await bench.build(definitionFiles, upstream), await bench.build(definitionFiles, upstream)];
    expect(two.files).toEqual(one.files);
  });

  it.each(['sample-1.0.tar.zst', 'sample-1.0.tar', 'sample-1.0.tar.bz2', 'sample-1.0.tar.lzma', 'sample-1.0.tar.xz'])(
    'is made from %s',
    async (name) => {
      const { dsc, output, files } = await bench.build(definitionFiles, await bench.upstream(name));
      const read = await unpack(output, dsc);
      expect(await read('hello.txt')).toContain('three');
      const repacked = /zst$|tar$/.test(name) ? 'tar.xz' : name.replace('sample-1.0.', '');
      expect(files.map((file) => file.name)).toContain(`sample_1.0.orig.${repacked}`);
    },
  );

  it('is made from a zip, always with the same original tarball', async () => {
    const zip = join(bench.root, 'sample-1.0.zip');
    await exec('python3', [
      '-c',
      'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])',
      zip.slice(0, -4),
      `${upstream}.files`,
    ]);
    const one = await bench.build(definitionFiles, zip);
    const two = await bench.build(definitionFiles, zip, '1.0-1.deb12+build2');
    const orig = ({ files }: typeof one) => files.find(({ name }) => name.includes('.orig.'));
    expect(orig(one)?.name).toBe('sample_1.0.orig.tar.xz');
    expect(orig(two)).toEqual(orig(one));
    expect(await (await unpack(two.output, two.dsc))('hello.txt')).toContain('three');
  });

  it('has a component for each further source', async () => {
    const artifact = `sources:
  sample: https://example.org/sample-{{ version }}.tar.gz
  data: https://example.org/data-{{ version.major }}.tar.gz
versions: {sample: "1.0", data: 7a}
checksums:
  sample: {"1.0": {sha256: ${'0'.repeat(64)}}}
  data: {7a: {sha256: ${'0'.repeat(64)}}}
deb: {release: 1}
`;
    const { dsc, output, files } = await bench.build({ ...definitionFiles, 'artifact.yml': artifact }, upstream);
    expect(files.map(({ name }) => name)).toContain('sample_1.0.orig-data.tar.gz');
    expect(await (await unpack(output, dsc))('data/hello.txt')).toContain('three');
  });

  it('follows rename.j2', async () => {
    const { dsc, output } = await bench.build(
      {
        ...definitionFiles,
        'rename.j2': 'deb/N.docs deb/sample{{ version.major }}.docs\n',
        'deb/N.docs': 'hello.txt\n',
      },
      upstream,
    );
    expect(await (await unpack(output, dsc))('debian/sample1.docs')).toBe('hello.txt\n');
  });

  it('names the patch, the file and the hunk that does not apply', async () => {
    const bad = goodPatch.replace(' two', ' zwei');
    const failure = await failureOf(bench.build({ ...definitionFiles, 'patches/1.0/bad.patch': bad }, upstream));
    expect(failure).toMatchObject({ outcome: 'rejected', where: 'bad.patch' });
    expect(failure.message).toBe('The patch bad.patch does not apply: Hunk #1 at line 1 of hello.txt');
    const gone = goodPatch.replaceAll('hello.txt', 'gone.txt');
    const missing = await failureOf(bench.build({ ...definitionFiles, 'patches/1.0/gone.patch': gone }, upstream));
    expect(missing.message).toMatch(/^The patch gone.patch does not apply: /);
    expect(missing.message).not.toContain('see the log');
  });

  it.each([
    ['another source name', { 'deb/control.j2': 'Source: other\n' }, 'expected "Source: sample", found "other"'],
    ['a broken control', { 'deb/control.j2': 'Source: sample\nnonsense\n' }, 'deb/control:2: '],
    ['a native package', { 'deb/source/format': '3.0 (native)\n' }, 'expected "3.0 (quilt)"'],
    ['a rename out of the definition', { 'rename.j2': 'deb/rules ../../rules\n' }, 'leaves the definition'],
    ['a rename of nothing', { 'rename.j2': 'deb/none deb/some\n' }, 'does not exist'],
  ])('refuses %s', async (_, files, message) => {
    const failure = await failureOf(bench.build({ ...definitionFiles, ...files }, upstream));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringContaining(message) });
  });
});

describe('a ready source package', () => {
  it('is taken as it is, its files checked', async () => {
    const { dsc, output, files } = await bench.build(definitionFiles, upstream);
    expect(await bench.inspectDsc(output, dsc)).toMatchObject({
      ...{ kind: 'dsc', name: 'sample', version: '1.0-1.deb12', architectures: ['all'] },
      files: expect.arrayContaining(files),
    });
    const text = await readFile(join(output, dsc), 'utf8');
    const other = join(bench.root, 'other');
    await mkdir(other);
    await writeFile(join(other, dsc), text);
    expect((await failureOf(bench.inspectDsc(other, dsc))).message).toContain('was not sent along');
    await writeFile(join(output, 'sample_1.0.orig.tar.gz'), Buffer.alloc((await readFile(upstream)).length));
    expect((await failureOf(bench.inspectDsc(output, dsc))).message).toMatch(
      /has sha256 [0-9a-f]{64}, [0-9a-f]{64} is/,
    );
  });
});
