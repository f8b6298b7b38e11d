import {
  type Header,
  locateRpmParts,
  number,
  numbers,
  parseHeader,
  strings,
  text,
  UnreadableRpm,
} from '@fatbuildr/domain/rpm';
import type { Bytes } from '../../reading/bytes.ts';
import { type RpmFileEntry, readFiles } from './files.ts';
import { EVR_PART, PACKAGE_NAME, RPM_ARCHITECTURE } from './names.ts';
import { type RpmRelation, readRelations } from './relations.ts';
import { type RelationKind, SIGNATURE_TAG, TAG } from './tags.ts';

/** What an RPM says of itself, as far as a repository tells of it. */
export interface RpmFile {
  name: string;
  epoch: string;
  version: string;
  release: string;
  /** `src` for a source package. */
  architecture: string;
  summary: string;
  description: string;
  packager: string;
  url: string;
  license: string;
  vendor: string;
  group: string;
  buildHost: string;
  /** File name of the source package; empty for a source package. */
  sourceRpm: string;
  /** Seconds since the epoch. */
  buildTime: number;
  /** Bytes on a disk, and of the payload unpacked. */
  installedSize: number;
  archiveSize: number;
  /** Where the main header is in the file. */
  header: { start: number; end: number };
  relations: Record<RelationKind, RpmRelation[]>;
  files: RpmFileEntry[];
  /** Newest first; `time` in seconds since the epoch. */
  changelog: { author: string; time: number; text: string }[];
}

/**
 * Reads an RPM, format 3 or 4. Nothing in such a file is to be trusted: a process that holds keys has `openReaders`.
 *
 * @throws UnreadableRpm
 */
export async function readRpm(file: Bytes): Promise<RpmFile> {
  const { signature, header } = await locateRpmParts(file.read);
  const main = parseHeader(await file.read(header.start, header.end - header.start), 'the main header');
  const signatures = parseHeader(
    await file.read(signature.start, signature.end - signature.start),
    'the signature header',
  );
  const optional = (tag: number) => text(main, tag) ?? '';
  return {
    name: required(main, TAG.name, PACKAGE_NAME, 'name'),
    epoch: String(number(main, TAG.epoch) ?? 0),
    version: required(main, TAG.version, EVR_PART, 'version'),
    release: required(main, TAG.release, EVR_PART, 'release'),
    architecture: isSource(main) ? 'src' : required(main, TAG.architecture, RPM_ARCHITECTURE, 'architecture'),
    summary: optional(TAG.summary),
    description: optional(TAG.description),
    packager: optional(TAG.packager),
    url: optional(TAG.url),
    license: optional(TAG.license),
    vendor: optional(TAG.vendor),
    group: optional(TAG.group),
    buildHost: optional(TAG.buildHost),
    sourceRpm: optional(TAG.sourceRpm),
    buildTime: number(main, TAG.buildTime) ?? 0,
    installedSize: number(main, TAG.longSize) ?? number(main, TAG.size) ?? 0,
    archiveSize: archiveSize(main, signatures),
    header,
    relations: readRelations(main),
    files: readFiles(main),
    changelog: readChangelog(main),
  };
}

function isSource(header: Header): boolean {
  return number(header, TAG.sourcePackage) !== undefined || text(header, TAG.sourceRpm) === undefined;
}

function archiveSize(main: Header, signatures: Header): number {
  return (
    number(main, TAG.longArchiveSize) ??
    number(main, TAG.archiveSize) ??
    number(signatures, SIGNATURE_TAG.longPayloadSize) ??
    number(signatures, SIGNATURE_TAG.payloadSize) ??
    0
  );
}

function readChangelog(header: Header): RpmFile['changelog'] {
  const [times, authors] = [numbers(header, TAG.changelogTime), strings(header, TAG.changelogName)];
  const texts = strings(header, TAG.changelogText);
  if (authors.length !== times.length || texts.length !== times.length) {
    throw new UnreadableRpm(`a changelog of ${times.length} dates, ${authors.length} authors, ${texts.length} texts`);
  }
  return times.map((time, index) => ({ time, author: authors[index] as string, text: texts[index] as string }));
}

function required(header: Header, tag: number, pattern: RegExp, what: string): string {
  const value = text(header, tag);
  if (value === undefined || value === '') throw new UnreadableRpm(`it has no ${what}`);
  if (!pattern.test(value)) throw new UnreadableRpm(`its ${what} is not valid: "${value.slice(0, 80)}"`);
  return value;
}
