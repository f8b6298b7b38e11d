import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAptSources } from './apt-sources.ts';

let tree: string;

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'fatbuildr-apt-sources-'));
});
afterEach(() => rm(tree, { recursive: true }));

test('archives are checked with their own keyring, which is brought along, or with that of the distribution', async () => {
  const signedBy = join(tree, 'own.gpg');
  await writeFile(signedBy, 'keys');
  const archive = { uri: 'http://m.example/debian', suite: 'trixie', components: ['main', 'contrib'] };
  const sources = [
    { ...archive, signedBy },
    { ...archive, suite: 'trixie-updates', signedBy: undefined },
  ];
  const written = async (keyring?: string) => {
    await writeAptSources(tree, sources, keyring);
    const text = await readFile(join(tree, 'etc/apt/sources.list.d/mkosi.sources'), 'utf8');
    return text.split('\n\n').map((paragraph) => /^Signed-By: (.*)$/m.exec(paragraph)?.[1]);
  };
  expect(await written('/usr/share/keyrings/d.gpg')).toEqual([
    '/etc/apt/keyrings/0-own.gpg',
    '/usr/share/keyrings/d.gpg',
  ]);
  expect(await readFile(join(tree, 'etc/apt/keyrings/0-own.gpg'), 'utf8')).toBe('keys');
  expect(await written()).toEqual(['/etc/apt/keyrings/0-own.gpg', undefined]);
});
