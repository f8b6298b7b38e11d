import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from '@fatbuildr/blobs';
import type { FileRef } from '@fatbuildr/domain';
import { execa } from 'execa';

const MAINTAINER = 'Example <example@example.org>';

/** Makes a binary package with dpkg-deb in `directory`. `marker` becomes its content. */
export async function makeDeb(directory: string, name: string, version: string, marker = name): Promise<string> {
  const tree = join(directory, `tree-${name}-${version}`);
  await writeBelow(
    join(tree, 'DEBIAN/control'),
    `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: ${MAINTAINER}\nSource: hello\nDescription: made by a test\n`,
  );
  await writeBelow(join(tree, 'usr/share', name), `${marker}\n`);
  const path = join(directory, `${name}_${version}_amd64.deb`);
  await execa('dpkg-deb', ['--root-owner-group', '--build', tree, path]);
  return path;
}

/** Makes the files of a source package with dpkg-source in `directory`. */
export async function makeSource(directory: string, name: string, version: string): Promise<string[]> {
  const tree = join(directory, `${name}-${version}`);
  const files = {
    'debian/source/format': '3.0 (native)\n',
    'debian/control': `Source: ${name}\nMaintainer: ${MAINTAINER}\nBuild-Depends: debhelper\n\nPackage: ${name}\nArchitecture: any\nDescription: made by a test\n`,
    'debian/changelog': `${name} (${version}) bookworm; urgency=low\n\n  * First.\n\n -- ${MAINTAINER}  Thu, 01 Jan 2026 00:00:00 +0000\n`,
    'debian/rules': '#!/usr/bin/make -f\n',
  };
  for (const [path, content] of Object.entries(files)) await writeBelow(join(tree, path), content);
  await execa('dpkg-source', ['--build', tree], { cwd: directory });
  return (await readdir(directory))
    .filter((file) => /\.(dsc|tar\.\w+)$/.test(file))
    .map((file) => join(directory, file));
}

/** Puts files into a blob store, as the api does. */
export async function storeBlobs(blobs: string, paths: string[]): Promise<FileRef[]> {
  return Promise.all(
    paths.map(async (path) => {
      const content = await readFile(path);
      const sha256 = createHash('sha256').update(content).digest('hex');
      await mkdir(dirname(blobPath(blobs, sha256)), { recursive: true });
      await copyFile(path, blobPath(blobs, sha256));
      return { name: path.slice(path.lastIndexOf('/') + 1), size: content.length, sha256 };
    }),
  );
}

async function writeBelow(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
