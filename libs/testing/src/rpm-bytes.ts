import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { type HeaderEntry, renderHeader, TYPE } from '@fatbuildr/domain/rpm';
import type { SyntheticFile } from './synthetic.ts';

/** When everything that is made here was made: seconds since the epoch. */
export const BUILD_TIME = 1_767_225_600;
export const REGULAR = 0o100644;
const SHA256 = 8;
/** What rpmbuild keeps free for signatures. */
const RESERVED = 4128;

/**
 * The bytes of a package whose main header has these entries, and what its payload needs beside them.
 *
 * @param name as in the lead: `name-version-release`
 * @param options `payloadDigest` false for a package as rpm before 4.14 made them
 */
export function rpmBytes(
  name: string,
  entries: readonly HeaderEntry[],
  files: readonly SyntheticFile[],
  { payloadDigest = true }: { payloadDigest?: boolean } = {},
): Buffer {
  const archive = cpioBytes(files);
  const payload = zstdCompressSync(archive);
  const digests = [
    texts(5092, [digest('sha256', payload)]),
    int32(5093, [SHA256]),
    texts(5097, [digest('sha256', archive)]),
  ];
  const payloadTags = [text(1124, 'cpio'), text(1125, 'zstd'), text(1126, '19'), ...(payloadDigest ? digests : [])];
  const header = renderHeader('main', [...entries, ...payloadTags]);
  const signed = Buffer.concat([header, payload]);
  const signature = renderHeader('signature', [
    text(269, digest('sha1', header)),
    ...(payloadDigest ? [text(273, digest('sha256', header))] : []),
    int32(1000, [signed.length]),
    bytes(1004, createHash('md5').update(signed).digest()),
    int32(1007, [archive.length]),
    bytes(1008, Buffer.alloc(RESERVED)),
  ]);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return Buffer.concat([leadBytes(name), signature, padding, signed]);
}

/** The tags of files in a package, by directories and base names. */
export function fileTags(files: readonly SyntheticFile[]): HeaderEntry[] {
  const cuts = files.map(({ path }) => path.lastIndexOf('/') + 1);
  const directories = [...new Set(files.map(({ path }, index) => `/${path.slice(0, cuts[index])}`))];
  const places = new Map(directories.map((directory, index) => [directory, index]));
  const each = <T>(value: T) => files.map(() => value);
  return [
    int32(
      1028,
      files.map(({ content }) => content.length),
    ),
    int16(1030, each(REGULAR)),
    int16(1033, each(0)),
    int32(1034, each(BUILD_TIME)),
    texts(
      1035,
      files.map(({ content }) => digest('sha256', content)),
    ),
    texts(1036, each('')),
    int32(1037, each(0)),
    texts(1039, each('root')),
    texts(1040, each('root')),
    int32(1045, each(-1)),
    int32(1095, each(1)),
    int32(
      1096,
      files.map((_, index) => index + 1),
    ),
    texts(1097, each('')),
    int32(
      1116,
      files.map(({ path }, index) => places.get(`/${path.slice(0, cuts[index])}`) as number),
    ),
    texts(
      1117,
      files.map(({ path }, index) => path.slice(cuts[index])),
    ),
    texts(1118, directories),
    int32(5011, [SHA256]),
  ];
}

/** A cpio archive, format newc, which ends on a multiple of four. */
function cpioBytes(files: readonly SyntheticFile[]): Buffer {
  const parts: Uint8Array[] = [];
  const append = (name: string, content: Uint8Array, mode: number, inode: number) => {
    const numbers = [inode, mode, 0, 0, 1, BUILD_TIME, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const head = `070701${numbers.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`;
    parts.push(Buffer.from(head.padEnd(Math.ceil(head.length / 4) * 4, '\0'), 'latin1'));
    parts.push(content, Buffer.alloc((4 - (content.length % 4)) % 4));
  };
  for (const [index, { path, content }] of files.entries()) append(`./${path}`, content, REGULAR, index + 1);
  append('TRAILER!!!', new Uint8Array(), 0, 0);
  return Buffer.concat(parts);
}

/** What file(1) looks at and rpm no more. */
function leadBytes(name: string): Buffer {
  const lead = Buffer.alloc(96);
  lead.set([0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1]);
  lead.write(name.slice(0, 65), 10, 'latin1');
  lead.set([0, 1, 0, 5], 76);
  return lead;
}

function digest(algorithm: string, content: Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex');
}

export function text(tag: number, value: string): HeaderEntry {
  return { ...texts(tag, [value]), type: TYPE.string };
}

export function translated(tag: number, value: string): HeaderEntry {
  return { ...texts(tag, [value]), type: TYPE.i18nString };
}

export function texts(tag: number, values: readonly string[]): HeaderEntry {
  return { tag, type: TYPE.stringArray, count: values.length, data: Buffer.from(`${values.join('\0')}\0`) };
}

function bytes(tag: number, data: Uint8Array): HeaderEntry {
  return { tag, type: TYPE.binary, count: data.length, data };
}

function int16(tag: number, values: readonly number[]): HeaderEntry {
  const data = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) data.writeUInt16BE(value, index * 2);
  return { tag, type: TYPE.int16, count: values.length, data };
}

export function int32(tag: number, values: readonly number[]): HeaderEntry {
  const data = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) data.writeInt32BE(value, index * 4);
  return { tag, type: TYPE.int32, count: values.length, data };
}
