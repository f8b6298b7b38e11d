import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { type HeaderEntry, renderHeader, TYPE } from '@fatbuildr/domain/rpm';
import { type BuiltFile, putFiles } from './deb.ts';
import type { SyntheticFile, SyntheticPackage } from './synthetic.ts';

const BUILD_TIME = 1_767_225_600;
/** What rpmbuild keeps free for signatures. */
const RESERVED = 4128;
const SHA256 = 8;
const REGULAR = 0o100644;
const AT_LEAST = 12;
const EQUAL = 8;

/** Writes binary packages into `dir`, with the tags that rpmbuild gives them. */
export async function writeRpms(dir: string, packages: Iterable<SyntheticPackage>): Promise<BuiltFile[]> {
  const files: BuiltFile[] = [];
  for (const each of packages) {
    const [version, release] = each.version.split('-') as [string, string];
    const name = `${each.name}-${version}-${release}.${architectureOf(each)}.rpm`;
    files.push(...(await putFiles(dir, [{ name, content: rpmBytes(each, version, release) }])));
  }
  return files;
}

function architectureOf({ independent }: SyntheticPackage): string {
  return independent ? 'noarch' : 'x86_64';
}

function rpmBytes(each: SyntheticPackage, version: string, release: string): Buffer {
  const archive = cpioBytes(each.files);
  const payload = zstdCompressSync(archive);
  const payloadTags = [
    text(1124, 'cpio'),
    text(1125, 'zstd'),
    text(1126, '19'),
    texts(5092, [digest('sha256', payload)]),
    int32(5093, [SHA256]),
    texts(5097, [digest('sha256', archive)]),
  ];
  const tags = [...identityTags(each, version, release), ...relationTags(each), ...fileTags(each.files)];
  const header = renderHeader('main', [...tags, ...payloadTags]);
  const signed = Buffer.concat([header, payload]);
  const signature = renderHeader('signature', [
    text(269, digest('sha1', header)),
    text(273, digest('sha256', header)),
    int32(1000, [signed.length]),
    bytes(1004, createHash('md5').update(signed).digest()),
    int32(1007, [archive.length]),
    bytes(1008, Buffer.alloc(RESERVED)),
  ]);
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8);
  return Buffer.concat([leadBytes(`${each.name}-${version}-${release}`), signature, padding, signed]);
}

function identityTags(each: SyntheticPackage, version: string, release: string): HeaderEntry[] {
  const size = each.files.reduce((sum, { content }) => sum + content.length, 0);
  return [
    texts(100, ['C']),
    text(1000, each.name),
    text(1001, version),
    text(1002, release),
    translated(1004, each.summary),
    translated(1005, each.description.join('\n\n')),
    int32(1006, [BUILD_TIME]),
    text(1007, 'builder.example.org'),
    int32(1009, [size]),
    text(1011, 'Synthetic'),
    text(1014, 'MIT'),
    text(1015, 'Synthetic Maintainers <synthetic@example.org>'),
    translated(1016, 'Unspecified'),
    text(1020, each.homepage),
    text(1021, 'linux'),
    text(1022, architectureOf(each)),
    text(1044, `${each.name}-src-${version}-${release}.src.rpm`),
    text(1064, '4.18.0'),
    int32(1080, [BUILD_TIME - 43_200]),
    texts(1081, [`Synthetic Maintainers <synthetic@example.org> - ${version}-${release}`]),
    texts(1082, ['- a change of no consequence']),
  ];
}

type Relation = { name: string; flags: number; version: string };

function relationTags({ name, version, independent, ...each }: SyntheticPackage): HeaderEntry[] {
  const provides = [
    { name, flags: EQUAL, version },
    ...(independent ? [] : [{ name: `${name}(x86-64)`, flags: EQUAL, version }]),
    ...each.provides.map(anyVersion),
  ];
  const requires = [
    ...each.depends.map((one) => ({ name: one.name, flags: AT_LEAST, version: one.atLeast })),
    { name: 'libc.so.6(GLIBC_2.34)(64bit)', flags: 0, version: '' },
    { name: 'rpmlib(PayloadIsZstd)', flags: AT_LEAST | (1 << 24), version: '5.4.18-1' },
  ];
  return [
    ...relation([1047, 1112, 1113], provides),
    ...relation([1049, 1048, 1050], requires),
    ...relation([5046, 5048, 5047], each.recommends.map(anyVersion)),
  ];
}

function anyVersion(name: string): Relation {
  return { name, flags: 0, version: '' };
}

function relation([names, flags, versions]: readonly [number, number, number], all: Relation[]): HeaderEntry[] {
  if (all.length === 0) return [];
  return [
    texts(
      names,
      all.map((each) => each.name),
    ),
    int32(
      flags,
      all.map((each) => each.flags),
    ),
    texts(
      versions,
      all.map((each) => each.version),
    ),
  ];
}

function fileTags(files: readonly SyntheticFile[]): HeaderEntry[] {
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

function text(tag: number, value: string): HeaderEntry {
  return { ...texts(tag, [value]), type: TYPE.string };
}

function translated(tag: number, value: string): HeaderEntry {
  return { ...texts(tag, [value]), type: TYPE.i18nString };
}

function texts(tag: number, values: readonly string[]): HeaderEntry {
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

function int32(tag: number, values: readonly number[]): HeaderEntry {
  const data = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) data.writeInt32BE(value, index * 4);
  return { tag, type: TYPE.int32, count: values.length, data };
}
