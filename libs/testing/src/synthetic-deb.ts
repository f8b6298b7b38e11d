import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuiltFile, makeAr, putFiles } from './deb.ts';
import type { SyntheticPackage } from './synthetic.ts';

const run = promisify(execFile);

/** As many as one xz is given on its command line. */
const AT_ONCE = 200;

/** Writes binary packages into `dir`, compressed by xz as dpkg-deb does. */
export async function writeDebs(dir: string, packages: Iterable<SyntheticPackage>): Promise<BuiltFile[]> {
  await mkdir(dir, { recursive: true });
  const scratch = await mkdtemp(join(dir, '.tar-'));
  const made: { path: string; name: string }[] = [];
  try {
    for (const each of packages) {
      const path = join(scratch, String(made.length));
      await writeFile(`${path}.control.tar`, tarBytes([{ path: 'control', content: Buffer.from(controlOf(each)) }]));
      await writeFile(`${path}.data.tar`, tarBytes(each.files));
      made.push({ path, name: `${each.name}_${each.version}_${architectureOf(each)}.deb` });
    }
    await compress(made.flatMap(({ path }) => [`${path}.control.tar`, `${path}.data.tar`]));
    const files: BuiltFile[] = [];
    for (const { path, name } of made) {
      const members = ['control.tar.xz', 'data.tar.xz'];
      const [control, data] = await Promise.all(members.map((member) => readFile(`${path}.${member}`)));
      const content = makeAr([
        { name: 'debian-binary', content: Buffer.from('2.0\n') },
        { name: 'control.tar.xz', content: control as Buffer },
        { name: 'data.tar.xz', content: data as Buffer },
      ]);
      files.push(...(await putFiles(dir, [{ name, content }])));
      await Promise.all(members.map((member) => unlink(`${path}.${member}`)));
    }
    return files;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The control file of a made-up package (deb-control(5)). */
function controlOf(each: SyntheticPackage): string {
  const list = (name: string, items: string[]) => (items.length === 0 ? '' : `${name}: ${items.join(', ')}\n`);
  const size = each.files.reduce((sum, { content }) => sum + content.length, 0);
  return (
    `Package: ${each.name}\nSource: ${each.name}-src\nVersion: ${each.version}\nArchitecture: ${architectureOf(each)}\n` +
    `Maintainer: Synthetic Maintainers <synthetic@example.org>\nInstalled-Size: ${Math.ceil(size / 1024)}\n` +
    list(
      'Depends',
      each.depends.map(({ name, atLeast }) => `${name} (>= ${atLeast})`),
    ) +
    list('Recommends', each.recommends) +
    list('Provides', each.provides) +
    `Section: ${each.section}\nPriority: optional\nHomepage: ${each.homepage}\nDescription: ${each.summary}\n` +
    each.description.map((text) => ` ${text}\n`).join(' .\n')
  );
}

function architectureOf({ independent }: SyntheticPackage): string {
  return independent ? 'all' : 'amd64';
}

async function compress(paths: readonly string[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(paths.length / AT_ONCE) }, (_, index) =>
    paths.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  const work = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await run('xz', ['-0', '--threads=1', ...batch]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

const BLOCK = 512;

/** A tar archive, format ustar, of files that belong to root and their directories; paths of up to 98 bytes. */
function tarBytes(files: readonly { path: string; content: Uint8Array }[]): Buffer {
  const directories = new Set(
    files.flatMap(({ path }) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index + 1))),
  );
  const blocks = files.reduce((sum, { content }) => sum + 1 + Math.ceil(content.length / BLOCK), 2 + directories.size);
  const archive = Buffer.alloc(blocks * BLOCK);
  let at = 0;
  for (const path of [...directories].sort()) {
    writeTarHeader(archive.subarray(at, at + BLOCK), `./${path}`, 0);
    at += BLOCK;
  }
  for (const { path, content } of files) {
    writeTarHeader(archive.subarray(at, at + BLOCK), `./${path}`, content.length);
    archive.set(content, at + BLOCK);
    at += BLOCK * (1 + Math.ceil(content.length / BLOCK));
  }
  return archive;
}

function writeTarHeader(header: Buffer, name: string, size: number): void {
  if (name.length > 100) throw new RangeError(`${name} is too long for a tar header`);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0, 'latin1');
  const directory = name.endsWith('/');
  header.write(`${directory ? '0000755' : '0000644'}\x000000000\x000000000\0`, 100, 'latin1');
  header.write(`${octal(size, 11)}${octal(1_767_225_600, 11)}        ${directory ? 5 : 0}`, 124, 'latin1');
  header.write('ustar\x0000root', 257, 'latin1');
  header.write('root', 297, 'latin1');
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
    'latin1',
  );
}
