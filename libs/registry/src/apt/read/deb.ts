import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Field } from '@fatbuildr/domain';
import { extract, type Header } from 'tar-stream';
import type { Bytes } from '../../reading/bytes.ts';
import { pathCounter } from '../../reading/paths.ts';
import { type ArMember, readArMembers, UnreadablePackage } from './ar.ts';
import { decompress, isCompression } from './decompress.ts';
import { ARCHITECTURE, PACKAGE_NAME, VERSION } from './names.ts';
import { decode, parseControl, required } from './text.ts';

/** What a `.deb` or `.udeb` says of itself. */
export interface DebFile {
  kind: 'deb';
  /** The control paragraph, its fields in their order. */
  fields: Field[];
  /** Paths of everything but directories, without leading `./`. */
  contents: string[];
}

const CONTROL_LIMIT = 1 << 20;
const CONTROL_TAR_LIMIT = 256 << 20;
const DATA_TAR_LIMIT = 64 * 2 ** 30;
/** Types of entries that dpkg knows: no extended headers of POSIX, nothing sparse. */
const UNPACKED = new Set(['file', 'link', 'symlink', 'directory', 'character-device', 'block-device', 'fifo']);

/**
 * Reads a binary package (deb(5)), as far as an index needs it.
 *
 * @throws UnreadablePackage
 */
export async function readDeb(file: Bytes): Promise<DebFile> {
  const members = await readArMembers(file);
  const [version, control, data] = members.filter((member, index) => index === 0 || !member.name.startsWith('_'));
  await checkFormat(file, version);
  const paragraph = parseControl(await readControl(file, control), 'the control file');
  required(paragraph, 'Package', PACKAGE_NAME, 'the control file');
  required(paragraph, 'Version', VERSION, 'the control file');
  required(paragraph, 'Architecture', ARCHITECTURE, 'the control file');
  return { kind: 'deb', fields: [...paragraph.fields], contents: await listContents(file, data) };
}

async function checkFormat(file: Bytes, member: ArMember | undefined): Promise<void> {
  if (member?.name !== 'debian-binary') throw new UnreadablePackage('the first ar member is not "debian-binary"');
  const text = (await file.read(member.offset, Math.min(16, member.size))).toString('latin1');
  if (!/^2\.\d+\n/.test(text)) throw new UnreadablePackage(`unknown package format ${JSON.stringify(text)}`);
}

async function readControl(file: Bytes, member: ArMember | undefined): Promise<Buffer> {
  const stream = openTar(file, member, 'control.tar', CONTROL_TAR_LIMIT);
  let control: Buffer | undefined;
  await eachEntry(stream, async (header, content) => {
    if (header.name.replace(/^\.\//, '') !== 'control') return;
    if (header.type !== 'file' || (header.size ?? 0) > CONTROL_LIMIT) {
      throw new UnreadablePackage(`the control file is no plain file below ${CONTROL_LIMIT} bytes`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    control = Buffer.concat(chunks);
  });
  if (!control) throw new UnreadablePackage('control.tar has no control file');
  return control;
}

async function listContents(file: Bytes, member: ArMember | undefined): Promise<string[]> {
  const contents: string[] = [];
  const count = pathCounter();
  await eachEntry(openTar(file, member, 'data.tar', DATA_TAR_LIMIT), async (header) => {
    const name = decode(Buffer.from(header.name, 'latin1'));
    if (header.pax || name.includes('\n') || !UNPACKED.has(header.type ?? '')) {
      throw new UnreadablePackage(
        `data.tar has an entry that dpkg does not unpack: ${JSON.stringify(name.slice(0, 80))}`,
      );
    }
    if (header.type === 'directory') return;
    const excess = count(name);
    if (excess) throw new UnreadablePackage(`data.tar has ${excess}`);
    contents.push(name.replace(/^(\.?\/)+/, ''));
  });
  return contents.sort();
}

function openTar(file: Bytes, member: ArMember | undefined, name: string, limit: number): Readable {
  const suffix = member?.name.startsWith(name) ? member.name.slice(name.length) : undefined;
  if (!member || suffix === undefined || !isCompression(suffix)) {
    throw new UnreadablePackage(`expected the ar member ${name}, found ${member ? `"${member.name}"` : 'the end'}`);
  }
  if (member.size === 0) throw new UnreadablePackage(`${name} is empty`);
  const { offset: start, size } = member;
  const read = (offset: number, length: number) =>
    file.read(start + offset, Math.max(0, Math.min(length, size - offset)));
  return decompress({ size, read }, suffix, limit);
}

/** Names as bytes, which may be text in any encoding; the package's own types leave the option out. */
const BYTES = { filenameEncoding: 'latin1' } as Parameters<typeof extract>[0];

type EntryReader = (header: Header, content: AsyncIterable<Buffer>) => Promise<void>;

async function eachEntry(stream: Readable, read: EntryReader): Promise<void> {
  const archive = extract(BYTES);
  const fed = pipeline(stream, archive);
  fed.catch(() => {});
  try {
    for await (const entry of archive) {
      await read(entry.header, entry as unknown as AsyncIterable<Buffer>);
      entry.resume();
    }
    await fed;
  } catch (error) {
    stream.destroy();
    // The cause is what the feeding side met; here it shows as a premature end.
    const cause = await fed.then(
      () => error,
      (reason) => (error instanceof UnreadablePackage ? error : reason),
    );
    if (cause instanceof UnreadablePackage) throw cause;
    throw new UnreadablePackage(`not a tar archive: ${(cause as Error).message}`, { cause });
  }
}
