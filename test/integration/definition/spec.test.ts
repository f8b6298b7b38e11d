import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBench, type Files, failureOf, goodPatch } from './fixture.ts';

let bench: Awaited<ReturnType<typeof createBench>>;
beforeEach(async () => {
  bench = await createBench();
});
afterEach(() => bench.close());

const artifact = `source: https://example.org/sample-{{ version }}.tar.gz
version: "1.0"
checksums:
  "1.0": {sha256: ${'0'.repeat(64)}}
rpm: {release: 1, buildargs: "--with mysql"}
`;

const spec = `Name: sample
Version: {{ version }}
Release: {{ release }}
{{ sources }}
{{ patches }}
# {{ pkg.distribution }} {{ pkg.derivative }} {{ pkg.env_name }} {{ pkg.tarball_filename }} {{ version.major }} {{ version.replace('.', '_') }}
%prep
{{ prep_sources }}
{{ prep_patches }}
{{ changelog }}
`;

const files: Files = { 'artifact.yml': artifact, 'rpm/sample.spec': spec };

describe('a spec template', () => {
  it('declares sources, other files of rpm/ and patches, and prepares them', async () => {
    const made = await bench.buildSpec(
      {
        ...files,
        'rpm/sample.conf.j2': 'version={{ version.full }}\n',
        'rpm/sample.service': 'x\n',
        'patches/generic/german.patch': goodPatch,
        'patches/generic/other.patch': goodPatch.replace('Description:', 'Formats: deb\nDescription:'),
      },
      await bench.upstream(),
    );
    const text = await readFile(join(made.output, made.spec), 'utf8');
    expect(text).toContain(`Name: sample
Version: 1.0
Release: 1.el9
Source0: sample-1.0.tar.gz
Source1: sample.conf
Source2: sample.service

Patch0: german.patch

# el9 main test-9 sample-1.0.tar.gz 1 1_0
%prep
%setup -q -n sample-1.0

%autopatch -p1

%changelog
* Tue Nov 14 2023 Jane Doe <jane@example.org> 1.0-1.el9
- A change
- Task abcdefghijklmnop of instance default
`);
    expect((await readdir(made.output)).sort()).toEqual(
      ['german.patch', 'sample-1.0.tar.gz', 'sample.conf', 'sample.service', 'sample.spec'].sort(),
    );
    expect(await readFile(join(made.output, 'sample.conf'), 'utf8')).toBe('version=1.0-1.el9\n');
  });

  it('has buildargs planned, and a version with a dash', async () => {
    const archive = await bench.archive({ ...files, 'artifact.yml': artifact.replaceAll('1.0"', '1.0-rc1"') }, 'd.tar');
    const { plan } = await bench.inspect(archive, bench.rpmTarget);
    expect(plan).toMatchObject({ buildargs: ['--with', 'mysql'], version: { main: '1.0-rc1' } });
  });

  it('lets no message be a macro', async () => {
    const made = await bench.buildSpec(files, await bench.upstream(), undefined, 'uses %(id) now\n- and *more*');
    const text = await readFile(join(made.output, made.spec), 'utf8');
    expect(text).toContain('\n- uses %%(id) now\n- and *more*\n');
  });

  it('gets a directory where the archive has none of its own', async () => {
    const flat = await bench.archive({ 'a.txt': 'a', 'b.txt': 'b' }, 'sample-1.0.tar.gz', '--transform=s,^\\./,,');
    const made = await bench.buildSpec(files, flat);
    expect(await readFile(join(made.output, made.spec), 'utf8')).toContain('%setup -q -c -n sample-1.0\n');
  });

  it.each<[string, Files, string]>([
    ['without a spec', { 'artifact.yml': artifact, 'rpm/other.conf': 'x\n' }, 'rpm/sample.spec is missing'],
    ['with another spec', { 'artifact.yml': artifact, 'rpm/other.spec': spec }, 'is missing; there is rpm/other.spec'],
    [
      'with several of them',
      { ...files, 'rpm/old.spec': spec, 'rpm/new.spec': spec },
      'rpm/ has other spec files than rpm/sample.spec: rpm/new.spec, rpm/old.spec',
    ],
    [
      'with an unknown variable',
      { ...files, 'rpm/sample.spec': `${spec}{{ verison }}\n` },
      "rpm/sample.spec:11 fails: 'verison'",
    ],
    ['with a name twice', { ...files, 'rpm/sample-1.0.tar.gz': 'x' }, 'are called sample-1.0.tar.gz'],
    ['with a blank in a name', { ...files, 'rpm/a b.conf': 'x' }, 'rpm/a b.conf has a name'],
  ])('is refused %s', async (_, given, message) => {
    const failure = await failureOf(bench.buildSpec(given, await bench.upstream()));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringContaining(message) });
  });
});

describe('a ready source RPM', () => {
  const rpm = () => makeRpm({ name: 'Sample', version: '1.0', files: { '/usr/share/sample': 'x\n' } });

  it('tells its name', async () => {
    const [source] = (await rpm()).filter(({ name }) => name.endsWith('.src.rpm'));
    await writeFile(join(bench.root, 'any.src.rpm'), source!.content);
    expect(await bench.inspectSrpm(bench.root, 'any.src.rpm')).toMatchObject({ kind: 'srpm', name: 'Sample' });
  });

  it.each<[string, (path: string, binary: Buffer, source: Buffer) => Promise<void>, string]>([
    [
      'truncated',
      async (path, _, source) => {
        await writeFile(path, source);
        await truncate(path, source.length - 40);
      },
      'its digests do not fit',
    ],
    ['a binary package', (path, binary) => writeFile(path, binary), 'it is a package of binaries'],
    ['another file', (path) => writeFile(path, '<html>Not found</html>'), 'it is no RPM package'],
  ])('is refused when it is %s', async (_, make, message) => {
    const made = await rpm();
    const of = (source: boolean) => made.find(({ name }) => name.endsWith('.src.rpm') === source)!.content;
    await make(join(bench.root, 'bad.src.rpm'), of(false), of(true));
    const failure = await failureOf(bench.inspectSrpm(bench.root, 'bad.src.rpm'));
    expect(failure).toMatchObject({ outcome: 'rejected', message: expect.stringContaining(message) });
  });
});
