import { createWriteStream } from 'node:fs';
import { link, mkdir, rm, stat, symlink } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '@fatbuildr/domain';
import { type Extract, extract, type Header } from 'tar-stream';
import { isHostTrouble } from '../host-trouble.ts';
import { damaged, detectPacking, type Packing, tarStream } from './decompress.ts';
import { type ArchiveLimits, limitBytes, tooLarge } from './limits.ts';
import { type ByteName, linkEscapes, normaliseName, parentsOf, toByteName, toText } from './names.ts';

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/**
 * Opens an archive of unknown origin into `directory`, which must be empty or missing; `name` is what messages call it.
 *
 * Files, directories and links only; no absolute or climbing names, nothing written through a link, no link that
 * leaves the directory, and no more entries or bytes than `limits` has. Owners, times and special mode bits are dropped.
 *
 * @throws Failure `rejected` that names the entry; the directory is then to be thrown away.
 */
export async function extractArchive(
  path: string,
  directory: string,
  name: string,
  limits: ArchiveLimits,
): Promise<Packing> {
  const packing = await detectPacking(path);
  const { size } = await stat(path);
  await mkdir(directory, { recursive: true });
  const tree = createTree(directory, name);
  // Old releases (GNU hello 2.10 is one) are in the format of Unix v7, which has no magic number.
  const options: object = { filenameEncoding: 'latin1', allowUnknownFormat: true };
  const entries = extract(options);
  const reading = pipeline(
    tarStream(path, packing, name),
    limitBytes(name, size, limits),
    entries as unknown as Writable,
  );
  // Reported below; here it only must not count as unhandled while an entry is being written.
  reading.catch(() => {});
  try {
    let count = 0;
    for await (const entry of entries) {
      if (++count > limits.entries) throw tooLarge(name, `it has more than ${limits.entries} entries`);
      await tree.add(entry);
    }
    await reading;
    if (count === 0) throw damaged(name, 'it is empty');
  } catch (error) {
    entries.destroy();
    throw await causeOf(error, reading, name);
  }
  tree.checkLinks();
  return packing;
}

/** The first failure of the chain: what breaks further down only says that its input broke. */
async function causeOf(error: unknown, reading: Promise<void>, name: string): Promise<Failure> {
  const upstream = await reading.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  const failure = [error, upstream].find((one) => one instanceof Failure);
  if (failure) return failure;
  const [first] = [error, upstream].filter((one) => one instanceof Error);
  const { message } = first ?? new Error(String(error));
  if (first && isHostTrouble(first)) {
    return new Failure('infrastructure-failure', `The archive ${name} cannot be unpacked: ${message}`, {
      cause: error,
    });
  }
  return damaged(name, message);
}

/** What has been written below a directory that was empty before. */
function createTree(directory: string, archive: string) {
  const links = new Map<ByteName, ByteName>();
  const files = new Set<ByteName>();
  const directories = new Set<ByteName>(['']);
  const at = (name: ByteName) => Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')]);

  const refuse = (name: ByteName, why: string): Failure =>
    new Failure('rejected', `The archive ${archive} is refused: its entry ${toText(name)} ${why}`, {
      hint: 'An archive may hold files, directories, and links among them: replace that entry by a file, and pack it anew',
      where: archive,
    });

  /** The safe name that an entry has or links to. */
  function safe(name: ByteName, whose: ByteName): ByteName {
    const normal = normaliseName(name);
    if (normal === undefined) throw refuse(whose, `has the unsafe name "${toText(name)}"`);
    const through = parentsOf(normal).find((parent) => links.has(parent));
    if (through !== undefined) throw refuse(whose, `goes through the link ${toText(through)}`);
    return normal;
  }

  async function makeDirectories(names: ByteName[]) {
    for (const name of names.filter((one) => !directories.has(one))) {
      await mkdir(at(name));
      directories.add(name);
    }
  }

  /** Makes room for a new entry: a later one of the same name replaces an earlier. */
  async function clear(name: ByteName) {
    await makeDirectories(parentsOf(name));
    if (!links.delete(name) && !files.delete(name)) return;
    await rm(at(name));
  }

  async function writeFile(name: ByteName, entry: Entry) {
    await clear(name);
    const mode = entry.header.mode & 0o111 ? 0o755 : 0o644;
    await pipeline(entry, createWriteStream(at(name), { flags: 'wx', mode }));
    files.add(name);
  }

  const writers: Partial<Record<string, (name: ByteName, entry: Entry) => Promise<void>>> = {
    'contiguous-file': writeFile,
    file: writeFile,
    async directory(name) {
      if (links.has(name) || files.has(name)) await clear(name);
      await makeDirectories([...parentsOf(name), name]);
    },
    async link(name, { header }) {
      const target = safe(linkName(header), name);
      if (!files.has(target)) throw refuse(name, `is a hard link to ${toText(target)}, which is no file before it`);
      if (target === name) return;
      await clear(name);
      await link(at(target), at(name));
      files.add(name);
    },
    async symlink(name, { header }) {
      const target = linkName(header);
      if (target === '' || target.includes('\0')) throw refuse(name, 'is a link without a target');
      await clear(name);
      await symlink(Buffer.from(target, 'latin1'), at(name));
      links.set(name, target);
    },
  };

  return {
    async add(entry: Entry): Promise<void> {
      const { header } = entry;
      // Null for a kind that tar-stream does not know, whatever its types say.
      const kind = (header.type as string | null) ?? 'unknown';
      const name = safe(entryName(header), entryName(header));
      const write = writers[kind];
      if (!write) throw refuse(name, `is neither file, directory nor link (${kind})`);
      if (name === '' && kind !== 'directory') throw refuse(name, 'has no name');
      await write(name, entry);
      entry.resume();
    },
    checkLinks(): void {
      const escaping = [...links.keys()].find((name) => linkEscapes(name, links));
      if (escaping === undefined) return;
      throw refuse(escaping, `is a link that leaves the archive (to ${toText(links.get(escaping) ?? '')})`);
    },
  };
}

/** Names from pax records are text, all others bytes. */
function entryName({ name, pax }: Header): ByteName {
  return hasRecord(pax, 'path') ? toByteName(name) : name;
}

/** Missing in entries that are no links, whatever the type says. */
function linkName({ linkname, pax }: Header): ByteName {
  const target = (linkname as string | null) ?? '';
  return hasRecord(pax, 'linkpath') ? toByteName(target) : target;
}

function hasRecord(pax: unknown, key: string): boolean {
  return typeof pax === 'object' && pax !== null && key in pax;
}
