import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { namedCommand, readNamed } from '@fatbuildr/worker/src/jobs/rpm/mock-named.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-mock-'));
  await mkdir(join(directory, 'mockbuild'));
});
afterEach(() => rm(directory, { recursive: true }));

/** What is read of a configuration with this dnf.conf; mock itself is not asked, but a module of its name. */
async function read(dnfConf: string) {
  const module = `def simple_load_config(name):\n    return {"dnf.conf": ${JSON.stringify(dnfConf)}}\n`;
  await writeFile(join(directory, 'mockbuild/config.py'), module);
  await writeFile(join(directory, 'mockbuild/__init__.py'), '');
  const [command, ...args] = namedCommand('some-9-x86_64');
  const { stdout } = await run(command, args, { env: { ...process.env, PYTHONPATH: directory } });
  return readNamed(stdout);
}

test('what a configuration says of its repositories besides addresses and keys is kept', async () => {
  const found = await read(`
[main]
best=1

[baseos]
name=BaseOS
mirrorlist=https://mirrors.invalid/?arch=$basearch
baseurl=https://one.invalid/ https://two.invalid/
gpgkey=file:///usr/share/key
module_hotfixes=true

[extras]
baseurl=https://one.invalid/ https://two.invalid/
gpgcheck=0
gpgkey=file:///usr/share/key
priority=5
excludepkgs=kernel*
  java*

[last]
baseurl=https://three.invalid/
priority=99

[off]
baseurl=https://off.invalid/
enabled=0
`);
  expect(found).toEqual([
    {
      ...{ id: 'baseos', mirrorlist: 'https://mirrors.invalid/?arch=$basearch', gpgkey: 'file:///usr/share/key' },
      options: { module_hotfixes: 'true' },
    },
    // behind the farm's own, whatever it says of itself
    { id: 'extras', baseurl: 'https://one.invalid/', options: { excludepkgs: 'kernel* java*', priority: '25' } },
    { id: 'last', baseurl: 'https://three.invalid/', options: { priority: '99' } },
  ]);
});

test('one without repositories is none', async () => {
  expect(await read('[main]\nbest=1\n')).toBeUndefined();
  expect(readNamed('Traceback')).toBeUndefined();
});
