import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A file as it leaves a build, on disk. */
export interface BuiltFile {
  name: string;
  path: string;
  size: number;
  sha256: string;
}

/** An ar archive as dpkg-deb writes it; names up to 16 bytes. */
export function makeAr(members: { name: string; content: Uint8Array }[]): Buffer {
  const parts = members.flatMap(({ name, content }) => [
    Buffer.from(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`),
    Buffer.from(`${String(content.length).padEnd(10)}\`\n`),
    content,
    Buffer.from(content.length % 2 ? '\n' : ''),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A tar archive; names that end in a slash are directories. */
export async function makeTar(files: Record<string, string | Uint8Array>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) archive.entry({ name, type: 'directory', mtime: new Date(0) });
    else archive.entry({ name, mtime: new Date(0) }, Buffer.from(content as string));
  }
  archive.finalize();
  return await buffer(archive);
}

export interface DebRecipe {
  name: string;
  version: string;
  architecture?: string;
  /** Further lines of the control file. */
  control?: string;
  files?: Record<string, string>;
  extension?: 'deb' | 'udeb';
}

/** A binary package that dpkg installs, and its canonical file name. */
export async function makeDeb(recipe: DebRecipe): Promise<{ name: string; content: Buffer }> {
  const { name, version, architecture = 'amd64', control = '', extension = 'deb' } = recipe;
  const files = recipe.files ?? { [`./usr/share/doc/${name}/readme`]: `${name} ${version}\n` };
  const text =
    `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\n` +
    `Maintainer: Example <example@example.org>\nSection: misc\nPriority: optional\n${control}` +
    `Description: example package\n made by a test\n`;
  const content = makeAr([
    { name: 'debian-binary', content: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', content: gzipSync(await makeTar({ './control': text })) },
    { name: 'data.tar.gz', content: gzipSync(await makeTar(withDirectories(files))) },
  ]);
  return { name: `${name}_${version.replace(/^\d+:/, '')}_${architecture}.${extension}`, content };
}

/** Every directory comes before what is in it: dpkg makes none by itself. */
function withDirectories(files: Record<string, string>): Record<string, string> {
  const directories = Object.keys(files).flatMap((path) => {
    const steps = path.split('/').slice(0, -1);
    return steps.map((_, index) => `${steps.slice(0, index + 1).join('/')}/`);
  });
  return { ...Object.fromEntries(['./', ...directories].map((path) => [path, ''])), ...files };
}

/** A source package of format 3.0 (native), as dpkg-source unpacks it; the `.dsc` comes first. */
export async function makeSource({
  name,
  version,
  content = 'source',
}: {
  name: string;
  version: string;
  content?: string;
}) {
  const plain = version.replace(/^\d+:/, '');
  const tarball = gzipSync(await makeTar({ [`${name}-${plain}/readme`]: `${content}\n` }));
  const tarballName = `${name}_${plain}.tar.gz`;
  const row = (algorithm: string) =>
    ` ${createHash(algorithm).update(tarball).digest('hex')} ${tarball.length} ${tarballName}\n`;
  const dsc =
    `Format: 3.0 (native)\nSource: ${name}\nBinary: ${name}\nArchitecture: any\nVersion: ${version}\n` +
    `Maintainer: Example <example@example.org>\nStandards-Version: 4.6.2\nBuild-Depends: debhelper-compat (= 13)\n` +
    `Package-List:\n ${name} deb misc optional arch=any\n` +
    `Checksums-Sha1:\n${row('sha1')}Checksums-Sha256:\n${row('sha256')}Files:\n${row('md5')}`;
  return [
    { name: `${name}_${plain}.dsc`, content: Buffer.from(dsc) },
    { name: tarballName, content: tarball },
  ];
}

/** Puts files into `dir`, as a build leaves them. */
export async function putFiles(dir: string, files: { name: string; content: Uint8Array }[]): Promise<BuiltFile[]> {
  await mkdir(dir, { recursive: true });
  return Promise.all(
    files.map(async ({ name, content }) => {
      const path = join(dir, name);
      await writeFile(path, content);
      return { name, path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    }),
  );
}
