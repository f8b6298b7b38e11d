import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, expect, test } from 'vitest';
import { packDefinition } from './pack.ts';

const work = mkdtempSync(join(tmpdir(), 'fatbuildr-pack-'));
afterAll(() => rmSync(work, { recursive: true }));

test('files, modes and links, the same bytes for the same files, without version control', async () => {
  const directory = join(work, 'hello');
  mkdirSync(join(directory, 'deb'), { recursive: true });
  mkdirSync(join(directory, '.git'));
  writeFileSync(join(directory, '.git/config'), 'secret');
  writeFileSync(join(directory, 'artifact.yml'), 'version: "1"\n');
  writeFileSync(join(directory, 'deb/rules'), '#!/usr/bin/make -f\n');
  chmodSync(join(directory, 'deb/rules'), 0o755);
  symlinkSync('rules', join(directory, 'deb/link'));
  await packDefinition(directory, join(work, 'a.tar.gz'));
  utimesSync(join(directory, 'artifact.yml'), 1, 1);
  await packDefinition(directory, join(work, 'b.tar.gz'));

  const first = readFileSync(join(work, 'a.tar.gz'));
  expect(first.equals(readFileSync(join(work, 'b.tar.gz')))).toBe(true);
  const unpack = extract();
  unpack.end(gunzipSync(first));
  const entries: string[] = [];
  for await (const entry of unpack) {
    const { name, type, mode, linkname } = entry.header;
    entries.push([name, type, (mode ?? 0).toString(8), linkname].filter(Boolean).join(' '));
    entry.resume();
  }
  expect(entries).toEqual([
    'artifact.yml file 644',
    'deb directory 755',
    'deb/link symlink 644 rules',
    'deb/rules file 755',
  ]);
});

test('a name that cannot be read back is the mistake of the one who gave it', async () => {
  const directory = join(work, 'latin1');
  mkdirSync(directory);
  writeFileSync(Buffer.from(`${directory}/fran\xe7ais.po`, 'latin1'), '');
  await expect(packDefinition(directory, join(work, 'latin1.tar.gz'))).rejects.toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining('fran\ufffdais.po'),
    hint: expect.stringContaining('UTF-8'),
  });
});

test.each([1000, 4_000_000])('a full disk is not, whenever it shows: %i bytes', async (size) => {
  const directory = join(work, `disk${size}`);
  mkdirSync(directory);
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), randomBytes(size));
  await expect(packDefinition(directory, '/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
});
