import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Writes an unsigned APT repository with by-hash indexes below `root`, of one empty package per name. */
export async function writeRepository(root: string, names: readonly string[]): Promise<void> {
  const stanzas = await Promise.all(names.map((name) => writePackage(root, name)));
  const packages = stanzas.join('\n');
  const sha256 = digestOf(packages);
  const index = 'main/binary-all/Packages';
  await writeBelow(root, `dists/stable/${index}`, packages);
  await writeBelow(root, `dists/stable/main/binary-all/by-hash/SHA256/${sha256}`, packages);
  const release = [
    'Suite: stable',
    'Codename: stable',
    'Components: main',
    'Architectures: all',
    'Acquire-By-Hash: yes',
    `Date: ${new Date().toUTCString()}`,
    'SHA256:',
    ` ${sha256} ${Buffer.byteLength(packages)} ${index}`,
  ];
  await writeBelow(root, 'dists/stable/Release', `${release.join('\n')}\n`);
}

async function writePackage(root: string, name: string): Promise<string> {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: Test <test@example.org>\nDescription: test\n`;
  const tree = join(root, '..', `tree-${name}`);
  await writeBelow(tree, 'DEBIAN/control', control);
  // Large enough to take several reads.
  await writeBelow(tree, 'usr/share/content', Buffer.alloc(300_000, name));
  const filename = `pool/main/${name}_1_all.deb`;
  const path = join(root, filename);
  await mkdir(dirname(path), { recursive: true });
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, path]);
  const body = await readFile(path);
  return `${control}Filename: ${filename}\nSize: ${body.length}\nSHA256: ${digestOf(body)}\n`;
}

async function writeBelow(root: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
