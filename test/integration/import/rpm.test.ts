import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { putFiles } from '@fatbuildr/testing/deb';
import { makeRpm, type RpmRecipe } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dnf } from '../registry/dnf-client.ts';
import { type ServedRpmRegistry, servedRpmRegistry } from '../registry/rpm-farm.ts';
import { importer } from './importing.ts';
import { type ForeignKey, foreignKey, makeCreaterepo } from './other-repositories.ts';

const run = promisify(execFile);

let dir: string;
let key: ForeignKey;
let farm: ServedRpmRegistry;
let imports: ReturnType<typeof importer>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
  [key, farm] = await Promise.all([foreignKey(), servedRpmRegistry({ judged: false })]);
  imports = importer(farm);
});
afterAll(async () => {
  await imports.close();
  await farm.close();
  await key.remove();
  await rm(dir, { recursive: true, force: true });
});

/** Builds packages into a directory, each with its source package. */
async function build(directory: string, ...recipes: RpmRecipe[]): Promise<void> {
  await putFiles(directory, (await Promise.all(recipes.map(makeRpm))).flat());
}

test('what createrepo_c lists is signed with our key and installed by dnf', async () => {
  const directory = join(dir, 'createrepo');
  await build(directory, { name: 'old-hello', version: '2.0', architecture: 'x86_64', preamble: ['Epoch: 1'] });
  await makeCreaterepo(directory, key);
  const { added } = await imports.from(directory, key.publicKey);
  expect(added.map(({ name, version, architecture, kind }) => [name, version, architecture, kind])).toEqual([
    ['old-hello', '1:2.0-1', 'src', 'source'],
    ['old-hello', '1:2.0-1', 'x86_64', 'binary'],
  ]);
  await farm.judge();
  const root = join(dir, 'root');
  expect(await dnf(farm, root, 'install', 'old-hello')).toContain('old-hello');

  const again = await imports.from(directory, key.publicKey);
  expect(again).toMatchObject({ changed: false, added: [] });
  expect(again.lines.join('\n')).toContain('2 published already, 0 in the pool, 0 to be brought');
});

test('the directories of a distribution, as Fatbuildr 2.1 kept them, are one import', async () => {
  const instance = join(dir, 'registry/default');
  const top = join(instance, 'rpm/el9/main');
  const made = await makeRpm({ name: 'fat-noarch', version: '1.0' });
  const [source, binary] = [
    made.find(({ name }) => name.includes('.src.')),
    made.find(({ name }) => !name.includes('.src.')),
  ];
  await putFiles(join(top, 'x86_64/Packages'), [binary as (typeof made)[0]]);
  await cp(join(top, 'x86_64'), join(top, 'aarch64'), { recursive: true });
  await mkdir(join(top, 'source'), { recursive: true });
  await putFiles(join(top, 'source/Packages'), [source as (typeof made)[0]]);
  for (const architecture of ['x86_64', 'aarch64', 'source']) {
    await makeCreaterepo(join(top, architecture), key, '--general-compress-type=xz');
  }
  const { added, lines } = await imports.from(instance, key.publicKey);
  expect(added.map(({ name, architecture }) => [name, architecture])).toEqual([
    ['fat-noarch', 'noarch'],
    ['fat-noarch', 'src'],
  ]);
  expect(lines.join('\n')).toContain('rpm/el9/main/source/repodata/');
  await farm.judge();
});

test('the same package under another signature is there already; one with other content is a conflict', async () => {
  const recipe = { name: 'twice', version: '1', files: { '/usr/share/twice/a': 'first\n' } };
  const first = await makeRpm(recipe);
  await putFiles(join(dir, 'twice-a'), first);
  await makeCreaterepo(join(dir, 'twice-a'), key);
  await imports.from(join(dir, 'twice-a'), key.publicKey);

  // as it was signed here
  const { files } = farm.registry.list({ ...farm.repository, name: 'twice', architecture: 'noarch' })[0] ?? {};
  const name = files?.[0]?.path.split('/').at(-1) as string;
  await mkdir(join(dir, 'twice-b'));
  await cp(join(farm.paths.tree, 'default/rpm', files?.[0]?.path as string), join(dir, 'twice-b', name));
  await makeCreaterepo(join(dir, 'twice-b'), key);
  expect(await imports.from(join(dir, 'twice-b'), key.publicKey)).toMatchObject({ changed: false });

  await build(
    join(dir, 'twice-c'),
    { ...recipe, files: { '/usr/share/twice/a': 'other\n' } },
    { name: 'new', version: '1' },
  );
  await makeCreaterepo(join(dir, 'twice-c'), key);
  const refused = imports.from(join(dir, 'twice-c'), key.publicKey);
  await expect(refused).rejects.toMatchObject({
    outcome: 'rejected',
    message: expect.stringMatching(/2 packages .*twice 1-1 \(src\)/),
    hint: expect.stringContaining('--skip-conflicts'),
  });
  const { added, lines } = await imports.from(join(dir, 'twice-c'), key.publicKey, { skipConflicts: true });
  expect(added.map((one) => one.name)).toEqual(['new', 'new']);
  expect(lines.join('\n')).toContain('left out: 2 packages');
  await farm.judge();
});

const UPDATEINFO = `<?xml version="1.0" encoding="UTF-8"?>
<updates>
  <update from="other@example.org" status="final" type="security" version="1">
    <id>OTHER-2026:1</id>
    <title>old-group-tool</title>
    <issued date="2026-01-02 03:04:05"/>
    <severity>Important</severity>
    <description>A hole &lt;here&gt; was mended.</description>
    <pkglist>
      <collection short="el9">
        <name>el9</name>
        <package name="old-group-tool" version="2" release="1" epoch="0" arch="noarch" src="old-group-tool-2-1.src.rpm">
          <filename>old-group-tool-2-1.noarch.rpm</filename>
        </package>
      </collection>
    </pkglist>
  </update>
</updates>
`;
const COMPS = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  <group>
    <id>old-tools</id>
    <name>Old Tools</name>
    <description/>
    <default>false</default>
    <uservisible>true</uservisible>
    <packagelist><packagereq type="mandatory">old-group-tool</packagereq></packagelist>
  </group>
</comps>
`;
const modulesOf = (stream: string) => `---
document: modulemd
version: 2
data:
  name: oldmodule
  stream: "${stream}"
  version: 1
  context: "00000000"
  arch: x86_64
  summary: An old module
  description: >-
    It was * always & there.
  license:
    module: [MIT]
  artifacts:
    rpms:
    - of-the-module-0:2-1.noarch
...
`;

test('groups, advisories and modules come along, and stay beside those that come later', async () => {
  const directory = join(dir, 'metadata');
  await build(directory, { name: 'old-group-tool', version: '1' }, { name: 'old-group-tool', version: '2' });
  const put = async (name: string, content: string) => {
    await mkdir(join(dir, 'fragments'), { recursive: true });
    await writeFile(join(dir, 'fragments', name), content);
    return join(dir, 'fragments', name);
  };
  const groups = await put('comps.xml', COMPS);
  const make = async (...extra: string[]) => {
    await makeCreaterepo(directory, key, '--groupfile', groups);
    for (const file of extra) await run('modifyrepo_c', [file, join(directory, 'repodata')]);
    await rm(join(directory, 'repodata/repomd.xml.asc'));
    await key.detach(join(directory, 'repodata/repomd.xml'));
  };
  await make(await put('updateinfo.xml', UPDATEINFO), await put('modules.yaml', modulesOf('one')));
  const first = await imports.from(directory, key.publicKey);
  expect(first.lines).toEqual(expect.arrayContaining(['modules of x86_64: 1 modules come, 0 others stay']));
  await farm.judge();
  const root = join(dir, 'root-metadata');
  await dnf(farm, root, 'install', 'old-group-tool-1');
  expect(await dnf(farm, root, 'updateinfo', 'list')).toMatch(
    /OTHER-2026:1 +Important\/Sec\. +old-group-tool-2-1\.noarch/,
  );
  expect(await dnf(farm, root, 'group', 'list')).toContain('Old Tools');
  expect(await dnf(farm, root, 'module', 'list')).toMatch(/oldmodule +one /);

  // nothing but metadata changes
  const update = UPDATEINFO.replaceAll('OTHER-2026:1', 'OTHER-2026:2');
  await make(await put('updateinfo.xml', update), await put('modules.yaml', modulesOf('two')));
  const second = await imports.from(directory, key.publicKey);
  expect(second).toMatchObject({ changed: true, added: [] });
  const modules = await dnf(farm, root, '--refresh', 'module', 'list');
  expect(modules).toMatch(/oldmodule +one /);
  expect(modules).toMatch(/oldmodule +two /);
  expect(await dnf(farm, root, 'updateinfo', 'list')).toMatch(/OTHER-2026:1 [^]*OTHER-2026:2 /);
  expect(await imports.from(directory, key.publicKey)).toMatchObject({ changed: false });
});

test('a directory of packages without lists', async () => {
  const directory = join(dir, 'plain');
  await build(join(directory, 'below'), { name: 'plain', version: '1' });
  await expect(imports.from(directory, key.publicKey)).rejects.toThrow('nothing in it is signed');
  const { added } = await imports.from(directory, null);
  expect(added.map(({ name, architecture }) => [name, architecture])).toEqual([
    ['plain', 'noarch'],
    ['plain', 'src'],
  ]);
});
