import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeRpm, type RpmRecipe } from '@fatbuildr/testing/rpm';
import { dnfPlugin } from '@fatbuildr/worker/src/jobs/rpm/dnf-plugin.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);

const LIBRARY: RpmRecipe = { name: 'library', version: '1.0', files: { '/usr/share/library/word': 'one' } };
const CCACHE: RpmRecipe = { name: 'ccache', version: '4.7' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-dnf-plugin-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A repository of these packages, without their sources; returns its directory. */
async function repository(...recipes: RpmRecipe[]): Promise<string> {
  const path = await mkdtemp(join(directory, 'repository-'));
  for (const recipe of recipes) {
    for (const { name, content } of await makeRpm(recipe)) {
      if (!name.endsWith('.src.rpm')) await writeFile(join(path, name), content);
    }
  }
  await run('createrepo_c', ['--quiet', path]);
  return path;
}

interface Asked {
  besides?: string[];
  wanted?: string;
  /** What dnf ends with. */
  ends?: string;
}

/** What the plugin tells of the library and what it needs; undefined: nothing. */
async function told(path: string, asked: Asked = {}): Promise<string | undefined> {
  const { besides = [], wanted = 'library', ends = 'Operation aborted.' } = asked;
  const work = await mkdtemp(join(directory, 'work-'));
  const places = ['plugins', 'cachedir', 'logdir', 'persistdir'];
  for (const name of places) await mkdir(join(work, name));
  await writeFile(join(work, 'plugins/fatbuildr.py'), dnfPlugin({ besides }, work));
  await writeFile(join(work, 'dnf.conf'), `[main]\nreposdir=/dev/null\n[repo]\nname=repo\nbaseurl=file://${path}\n`);
  const settings = [
    ...places.slice(1).map((key) => `${key}=${join(work, key)}`),
    `pluginpath=${join(work, 'plugins')}`,
  ];
  const options = ['--assumeno', `--installroot=${join(work, 'root')}`, `--config=${join(work, 'dnf.conf')}`];
  options.push(...settings.map((one) => `--setopt=${one}`), '--releasever=9');
  const call = [...options, '--disableplugin=*', '--enableplugin=fatbuildr', 'install', wanted];
  // it was told to do nothing, which it calls a failure
  await expect(run('dnf', call, { env: { ...process.env, HOME: work } })).rejects.toMatchObject({
    stderr: expect.stringContaining(ends),
  });
  return readFile(join(work, 'set'), 'utf8').catch(() => undefined);
}

test('the same packages come to the same, wherever they lie; other bytes of the same version do not', async () => {
  const path = await repository(LIBRARY);
  const set = await told(path);
  expect(set).toMatch(/^install library-1\.0-1\.noarch [0-9a-f]{64}$/);
  await cp(path, join(directory, 'elsewhere'), { recursive: true });
  expect(await told(join(directory, 'elsewhere'))).toBe(set);
  const rebuilt = await told(await repository({ ...LIBRARY, files: { '/usr/share/library/word': 'two' } }));
  expect(rebuilt).toMatch(/^install library-1\.0-1\.noarch /);
  expect(rebuilt).not.toBe(set);
  expect(await told(await repository({ ...LIBRARY, version: '1.1' }))).toMatch(/^install library-1\.1-1\.noarch /);
});

test('what is wanted besides is there where a repository has it, and is no reason to fail where none has', async () => {
  const set = await told(await repository(LIBRARY, CCACHE), { besides: ['ccache'] });
  expect(set).toMatch(/^install ccache-4\.7-1\.noarch \S+\ninstall library-1\.0-1\.noarch \S+$/);
  expect(await told(await repository(LIBRARY), { besides: ['ccache'] })).toMatch(
    /^install library-1\.0-1\.noarch \S+$/,
  );
});

test('of what cannot be resolved nothing is told', async () => {
  const unmet = { ...LIBRARY, preamble: ['Requires: nonesuch'] };
  expect(await told(await repository(unmet), { ends: 'nothing provides nonesuch' })).toBeUndefined();
  expect(await told(await repository(LIBRARY), { wanted: 'nonesuch', ends: 'Unable to find a match' })).toBeUndefined();
});
