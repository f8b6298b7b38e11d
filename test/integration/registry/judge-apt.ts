import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { type Paragraph, parseDeb822 } from '@fatbuildr/domain';
import { expect } from 'vitest';
import { aptClient } from './apt-client.ts';

const run = promisify(execFile);

export interface AptJudgement {
  /** The registry tree, which a server serves. */
  tree: string;
  instance: string;
  distribution: string;
  /** Packages that are to be installed, too, into a root of their own. */
  install?: readonly string[];
}

/**
 * What apt and apt-ftparchive say of a repository as it is served now; throws unless they find nothing. By each
 * compression a new client updates with errors made fatal and gets what the tree holds; every file that an index names is
 * there with its digest; every field of Packages, Sources and Contents is what apt-ftparchive says of the same files.
 *
 * @returns the stanzas of all indexes, by path as in the Release file
 */
export async function judgeApt(judgement: AptJudgement): Promise<Map<string, Paragraph[]>> {
  const { tree, instance, distribution, install = [] } = judgement;
  const root = join(tree, instance, 'deb');
  const dists = join(root, 'dists', distribution);
  const sources = await readFile(join(root, `${distribution}.sources`), 'utf8');
  const [release] = parseDeb822(await readFile(join(dists, 'Release'), 'utf8'));
  const named = rows(release?.get('SHA256')).map(([, , path]) => path as string);
  const targets = named.filter((path) => /\/(Packages|Sources)\.gz$/.test(path)).map((path) => path.slice(0, -3));
  const read = async (path: string) => gunzipSync(await readFile(join(dists, `${path}.gz`))).toString();
  const texts = new Map(await Promise.all(targets.map(async (path) => [path, await read(path)] as const)));
  const stanzas = new Map([...texts].map(([path, text]) => [path, parseDeb822(text)]));

  const compressions = ['', '.gz', '.xz', '.zst'].filter((suffix) =>
    targets.some((path) => named.includes(path + suffix)),
  );
  for (const suffix of compressions) await judgeUpdate(sources, suffix.slice(1) || 'uncompressed', texts);
  if (install.length > 0) await judgeInstall(sources, install);
  for (const [path, each] of stanzas) {
    await judgeFiles(root, each);
    await judgeFields(root, path, each);
  }
  const contents = named.filter((path) => /\/Contents-[^/]+\.gz$/.test(path) && !/Contents-(udeb|source)/.test(path));
  for (const path of contents) {
    const packages = stanzas.get(path.replace(/Contents-(.+)\.gz$/, 'binary-$1/Packages'));
    if (packages) await judgeContents(root, await read(path.slice(0, -3)), packages);
  }
  return stanzas;
}

/** A new client gets every index whole. */
async function judgeUpdate(sources: string, compression: string, texts: Map<string, string>): Promise<void> {
  const client = await aptClient(sources);
  try {
    const said = await client.run('apt-get', 'update', '-o', `Acquire::CompressionTypes::Order::=${compression}`);
    expect(said).not.toMatch(/^[WEN]:/m);
    const listed = await client.run('apt-get', 'indextargets', '--format', '$(METAKEY) $(FILENAME)');
    const files = new Map(listed.split('\n').map((line) => line.split(' ') as [string, string]));
    // The installer's packages are not for apt; of an empty index it keeps no file.
    for (const [path, text] of [...texts].filter(([each, { length }]) => length > 0 && !each.includes('installer'))) {
      const file = files.get(path) ?? `no ${path}`;
      expect(await client.run('/usr/lib/apt/apt-helper', 'cat-file', file)).toBe(text);
    }
  } finally {
    await client.remove();
  }
}

async function judgeInstall(sources: string, names: readonly string[]): Promise<void> {
  const client = await aptClient(sources);
  try {
    await client.update();
    const root = join(client.dir, 'root');
    await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
    const options = [`--root=${root}`, '--force-script-chrootless', '--force-depends', '--log=/dev/null'];
    await client.run(
      ...(['apt-get', 'install', '--yes'] as const),
      ...options.flatMap((option) => ['-o', `DPkg::Options::=${option}`]),
      ...names,
    );
    const query = [`--root=${root}`, '-W', '-f', '${Package} ${db:Status-Status}\\n'];
    const { stdout } = await run('dpkg-query', query);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(names.map((name) => `${name} installed`)));
  } finally {
    await client.remove();
  }
}

async function judgeFiles(root: string, stanzas: readonly Paragraph[]): Promise<void> {
  for (const stanza of stanzas) {
    for (const { path, size, sha256 } of filesOf(stanza)) {
      const bytes = await readFile(join(root, path));
      expect([path, bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([path, size, sha256]);
    }
  }
}

/** Every field of every stanza, in whatever order. */
async function judgeFields(root: string, target: string, stanzas: readonly Paragraph[]): Promise<void> {
  const command = target.endsWith('Sources') ? 'sources' : 'packages';
  const theirs = await onSameFiles(root, stanzas, (dir) => ftparchive(dir, command));
  expect(byFile(stanzas)).toEqual(byFile(parseDeb822(theirs)));
}

async function judgeContents(root: string, ours: string, stanzas: readonly Paragraph[]): Promise<void> {
  const theirs = await onSameFiles(root, stanzas, (dir) => ftparchive(dir, 'contents'));
  expect(owners(ours)).toEqual(owners(theirs));
}

/** What somebody says who is given the files of some stanzas, under the same paths, and nothing else. */
async function onSameFiles<T>(
  root: string,
  stanzas: readonly Paragraph[],
  ask: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(dirname(dirname(root)), '.judge-'));
  try {
    await mkdir(join(dir, 'pool'));
    for (const { path } of stanzas.flatMap(filesOf)) {
      await mkdir(join(dir, dirname(path)), { recursive: true });
      await link(join(root, path), join(dir, path));
    }
    return await ask(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function ftparchive(dir: string, command: string): Promise<string> {
  const options = ['SHA1', 'SHA512'].flatMap((sum) => ['-o', `APT::FTPArchive::${sum}=false`]);
  const { stdout } = await run('apt-ftparchive', [...options, command, 'pool'], { cwd: dir, maxBuffer: 1 << 28 });
  return stdout;
}

/** The pool files of a stanza of Packages or Sources. */
function filesOf(stanza: Paragraph): { path: string; size: number; sha256: string }[] {
  const path = stanza.get('Filename');
  if (path !== undefined) return [{ path, size: Number(stanza.get('Size')), sha256: stanza.get('SHA256') as string }];
  return rows(stanza.get('Checksums-Sha256')).map(([sha256 = '', size, name]) => ({
    path: `${stanza.get('Directory')}/${name}`,
    size: Number(size),
    sha256,
  }));
}

/** Fields by lower case name, by where the files are. Two versions may have all else in common. */
function byFile(stanzas: readonly Paragraph[]): Record<string, Record<string, string>> {
  return Object.fromEntries(
    stanzas.map((stanza) => [
      stanza.get('Filename') ?? stanza.get('Directory'),
      Object.fromEntries(stanza.fields.map(({ name, value }) => [name.toLowerCase(), value])),
    ]),
  );
}

/** The packages that own each path; their sections, which Debian's Contents has, apt-ftparchive leaves out. */
function owners(contents: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of contents.split('\n').filter(Boolean)) {
    const cut = line.search(/\s\S+$/);
    const path = line.slice(0, cut).trimEnd();
    const names = line
      .slice(cut + 1)
      .split(',')
      .map((owner) => basename(owner));
    found.set(path, [...new Set([...(found.get(path) ?? []), ...names])].sort());
  }
  return found;
}

function rows(value = ''): string[][] {
  return value
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter((row) => row.length > 1);
}
