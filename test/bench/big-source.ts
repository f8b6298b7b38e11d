import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A source package, format 3.0 (native), whose tarball is nothing but `size` zero bytes: a file that takes no room, and
 * that nobody unpacks on the way into a repository. Returns the path of its `.dsc`.
 */
export async function makeBigSource(directory: string, size: number): Promise<string> {
  await mkdir(directory, { recursive: true });
  const name = 'big_1.0.tar.gz';
  const file = await open(join(directory, name), 'w');
  await file.truncate(size);
  await file.close();
  const hashes = ['sha1', 'sha256', 'md5'].map((algorithm) => createHash(algorithm));
  for await (const chunk of createReadStream(join(directory, name), { highWaterMark: 1 << 20 })) {
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
  const [sha1, sha256, md5] = hashes.map((hash) => hash.digest('hex'));
  const dsc = `Format: 3.0 (native)
Source: big
Binary: big
Architecture: any
Version: 1.0
Maintainer: Ann Packager <ann@fatbuildr.invalid>
Standards-Version: 4.6.2
Package-List:
 big deb misc optional arch=any
Checksums-Sha1:
 ${sha1} ${size} ${name}
Checksums-Sha256:
 ${sha256} ${size} ${name}
Files:
 ${md5} ${size} ${name}
`;
  await writeFile(join(directory, 'big_1.0.dsc'), dsc);
  return join(directory, 'big_1.0.dsc');
}
