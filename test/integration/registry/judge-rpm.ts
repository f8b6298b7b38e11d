import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RpmRepository } from '@fatbuildr/registry';
import { expect } from 'vitest';
import { dnf } from './dnf-client.ts';

const run = promisify(execFile);

/**
 * What dnf, rpmkeys and createrepo_c say of a repository as it is served now; throws unless they find nothing. dnf, with
 * signatures of lists and packages checked, sees every package of the first derivative; rpmkeys, knowing no keys but
 * those that clients are handed out, finds signature and digests of every package good; every field of the lists is what createrepo_c
 * says of the same files.
 *
 * @returns the names of the package files, by derivative and directory
 */
export async function judgeRpm(
  tree: string,
  { instance, distribution, derivatives, architectures }: RpmRepository,
): Promise<Map<string, string[]>> {
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-judge-'));
  try {
    const top = join(tree, instance, 'rpm', distribution);
    const found = new Map<string, string[]>();
    const keys = await handedOut(tree, instance, distribution);
    const checkSignatures = await rpmkeysKnowing(join(dir, 'rpmdb'), keys);
    for (const derivative of derivatives) {
      for (const directory of [...architectures, 'source']) {
        const repository = join(top, derivative, directory);
        const packages = await listed(repository);
        found.set(`${derivative}/${directory}`, packages.map((path) => basename(path)).sort());
        if (packages.length === 0) continue;
        await checkSignatures(packages);
        await judgeFields(repository, packages, await mkdtemp(join(dir, 'createrepo-')));
      }
    }
    const main = architectures.flatMap((architecture) => found.get(`${derivatives[0]}/${architecture}`) ?? []);
    expect(await seenByDnf(tree, join(dir, 'dnf'))).toEqual([...new Set(main)].sort());
    return found;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Absolute paths of the packages that the primary list names, as they are served. */
async function listed(repository: string): Promise<string[]> {
  const mirror = (await readFile(join(repository, 'mirrorlist'), 'utf8')).trim();
  const snapshot = join(repository, 'snapshots', mirror.replace(/\/$/, '').split('/').at(-1) as string);
  const repomd = await readFile(join(snapshot, 'repodata/repomd.xml'), 'utf8');
  const href = /<location href="([^"]*-primary\.xml\.(?:gz|zst))"/.exec(repomd)?.[1] as string;
  const packed = await readFile(join(snapshot, href));
  const primary = (href.endsWith('.gz') ? gunzipSync(packed) : zstdDecompressSync(packed)).toString();
  return [...primary.matchAll(/<location href="([^"]+)"/g)].map(([, path]) => join(snapshot, path as string));
}

/** File names, as dnf makes them of what it sees. */
async function seenByDnf(tree: string, root: string): Promise<string[]> {
  const format = '%{name}-%{version}-%{release}.%{arch}.rpm';
  const said = await dnf({ paths: { tree } }, root, 'repoquery', '--refresh', '--quiet', '--queryformat', format);
  return said.trim().split('\n').filter(Boolean).sort();
}

/** The files of the keys that the ready `.repo` file names. */
async function handedOut(tree: string, instance: string, distribution: string): Promise<string[]> {
  const repo = await readFile(join(tree, instance, 'rpm', `${distribution}.repo`), 'utf8');
  const [, urls = ''] = /^gpgkey=(.*)$/m.exec(repo) ?? [];
  return urls.split(/\s+/).map((url) => join(tree, instance, basename(url)));
}

/** `rpmkeys -Kv`, whose word counts with a database of its own alone: without a key it is content with digests. */
async function rpmkeysKnowing(
  database: string,
  keys: readonly string[],
): Promise<(packages: readonly string[]) => Promise<void>> {
  await mkdir(database, { recursive: true });
  const rpmkeys = (...args: string[]) =>
    run('rpmkeys', ['--define', `_dbpath ${database}`, ...args], { maxBuffer: 1 << 28 });
  await rpmkeys('--import', ...keys);
  return async (packages) => {
    const { stdout } = await rpmkeys('-Kv', ...packages);
    for (const part of stdout.split(/^(?=\/)/m).filter(Boolean)) {
      expect(part).toMatch(/^ {4}(Header )?V4 (RSA|EdDSA)\/SHA\d+ Signature, key ID [0-9a-f]+: OK$/m);
      expect(part).not.toMatch(/: (?!OK$)[A-Z]+/m);
    }
  };
}

/** The files under other names, as createrepo_c wants them in one directory, with their times. */
async function judgeFields(repository: string, packages: readonly string[], theirs: string): Promise<void> {
  for (const path of packages) {
    const copy = join(theirs, basename(path));
    await link(path, copy).catch(() => run('cp', ['--preserve=timestamps', '--dereference', path, copy]));
    const { atime, mtime } = await stat(path);
    await utimes(copy, atime, mtime);
  }
  await run('createrepo_c', ['--quiet', theirs]);
  const compare = join(import.meta.dirname, 'compare-repodata.py');
  const { stdout } = await run('/usr/bin/python3', [compare, repository, theirs], { maxBuffer: 1 << 28 });
  expect(JSON.parse(stdout)).toEqual({ packages: packages.length, differences: [] });
}
