import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { makeTar } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readArtifact } from '../artifact/read-artifact.ts';
import { importSourceRpm } from './import-source-rpm.ts';

const run = promisify(execFile);

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'fatbuildr-import-test-'));
});
afterEach(() => rm(work, { recursive: true }));

const into = (artifact: string) => join(work, 'made', artifact);

const SPEC = `%global upstream hello
Name: hello
Version: 2.10
Release: 3%{?dist}
Summary: Greeter
License: MIT
URL: https://example.org
Source0: %{url}/dl/%{upstream}-%{version}.tar.gz
Source1: hello.conf
Patch1: first.patch
Patch2: second.patch
%description
Greets.
%prep
%autosetup -p1
%build
echo \${#names[@]} {{ no template }}
%install
%files
%changelog
* Thu Jan 01 2026 A <a@b> - 2.10-3
- change
`;

/** A source RPM as rpmbuild makes it. */
async function sourceRpm(spec: string, ...defines: string[]): Promise<string> {
  const sources = join(work, 'SOURCES');
  await mkdir(sources, { recursive: true });
  const files: Record<string, string | Uint8Array> = {
    'hello-2.10.tar.gz': gzipSync(await makeTar({ 'hello-2.10/readme': 'one\n' })),
    'hello.conf': 'word=hello\n',
    'first.patch': 'first',
    'second.patch': 'second',
    'hello.spec': spec,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(sources, name), content);
  const macros = [`_topdir ${work}`, `_sourcedir ${sources}`, ...defines].flatMap((one) => ['--define', one]);
  await run('rpmbuild', ['-bs', '--nodeps', ...macros, join(sources, 'hello.spec')], {
    env: { ...process.env, HOME: work },
  });
  const [name = ''] = await readdir(join(work, 'SRPMS'));
  return join(work, 'SRPMS', name);
}

async function read(directory: string, artifact = 'hello') {
  const text = await readFile(join(directory, 'artifact.yml'), 'utf8');
  const options = { file: 'artifact.yml', artifact, format: 'rpm', derivative: 'main' } as const;
  return readArtifact(text, { ...options, local: new Map() });
}

test.each(['w9.gzdio', 'w3.zstdio', 'w2.xzdio'])('a spec file becomes a template (payload %s)', async (payload) => {
  const file = await sourceRpm(SPEC, `_source_payload ${payload}`, 'dist .el9');
  const made = await importSourceRpm(file, into);
  expect(made).toMatchObject({ artifact: 'hello', version: '2.10', release: '3', local: [] });
  expect(await read(into('hello'))).toMatchObject({
    release: '3',
    sources: [{ id: 'hello', version: '2.10', urlTemplate: 'https://example.org/dl/hello-{{ version }}.tar.gz' }],
  });
  expect((await readdir(into('hello/rpm'))).toSorted()).toEqual(['hello.conf', 'hello.spec']);
  expect(await readdir(into('hello/patches/generic'))).toEqual(['first.patch', 'second.patch']);
  const spec = await readFile(into('hello/rpm/hello.spec'), 'utf8');
  expect(spec).toContain('Version: {{ version }}\nRelease: {{ release }}\nSummary');
  expect(spec).toContain('Source1: hello.conf\n{{ patches }}\n%description');
  expect(spec).toContain("echo ${{ '{#' }}names[@]} {{ '{{' }} no template }}");
  expect(spec.endsWith('%files\n\n{{ changelog }}\n')).toBe(true);
});

test.each(['3.el9', '3.el9+build2', '3'])('a release %s that is written out loses its tag', async (release) => {
  const { release: made } = await importSourceRpm(await sourceRpm(SPEC.replace('3%{?dist}', release)), into);
  expect(made).toBe('3');
});

test('patches that are applied one by one stay with the spec file', async () => {
  await importSourceRpm(await sourceRpm(SPEC.replace('%autosetup -p1', '%setup -q\n%patch 1 -p1')), into);
  expect((await readdir(into('hello/rpm'))).toSorted()).toEqual([
    ...['first.patch', 'hello.conf', 'hello.spec', 'second.patch'],
  ]);
  expect(await readFile(into('hello/rpm/hello.spec'), 'utf8')).toContain('Patch1: first.patch\nPatch2: second.patch');
});

test.each(['mod_wsgi', 'R', 'libstdc++'])('an artifact may be called %s, with further archives', async (name) => {
  const spec = SPEC.replace('Name: hello', `Name: ${name}`)
    .replace('%autosetup', '%autosetup -n hello')
    .replace('Source1: hello.conf', 'Source1: hello.conf\nSource2: extra.tar.gz');
  const extra = join(work, 'SOURCES', 'extra.tar.gz');
  await mkdir(join(work, 'SOURCES'));
  await writeFile(extra, gzipSync(await makeTar({ 'extra/readme': 'two\n' })));
  const made = await importSourceRpm(await sourceRpm(spec), into);
  expect(made).toMatchObject({ artifact: name, directory: into(name) });
  expect(await read(into(name), name)).toMatchObject({ sources: [{ id: name }, { id: 'source1' }] });
  expect(await readdir(into(`${name}/rpm`))).toContain(`${name}.spec`);
});

test('an archive without a URL is put beside the definition', async () => {
  const file = await sourceRpm(SPEC.replace('%{url}/dl/', ''));
  const { local } = await importSourceRpm(file, into);
  expect(local).toEqual([{ id: 'hello', file: into('hello.sources/hello-2.10.tar.gz') }]);
  expect(await readFile(into('hello.sources/hello-2.10.tar.gz'))).toEqual(
    await readFile(join(work, 'SOURCES/hello-2.10.tar.gz')),
  );
});

test('a damaged one, or no source package, is refused', async () => {
  const bytes = await readFile(await sourceRpm(SPEC));
  const broken = join(work, 'broken.src.rpm');
  for (const [content, why] of [
    [bytes.subarray(0, bytes.length - 40), /is refused: its payload/],
    [bytes.subarray(0, 300), /is refused/],
    [Buffer.from('hello'), /is refused: not an RPM package/],
  ] as const) {
    await writeFile(broken, content);
    await expect(importSourceRpm(broken, into)).rejects.toThrow(why);
  }
  await expect(readdir(join(work, 'made'))).rejects.toThrow('ENOENT');
});
