import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { renderEvr } from '@fatbuildr/domain/rpm';
import type { IncomingFile, IngestedPackage } from '../model/package.ts';
import { chunksOf, digestFile } from '../shared/durable.ts';
import { checkFacts } from '../shared/facts-limit.ts';
import { explained } from '../shared/full-disk.ts';
import { sideBySide } from '../shared/wave.ts';
import { renderFragments } from './fragments.ts';
import { POOL } from './layout.ts';
import { EVR_PART, PACKAGE_NAME, RPM_ARCHITECTURE } from './read/names.ts';
import type { RpmFile } from './read/read-rpm.ts';
import { comparisonOf } from './read/relations.ts';
import { sourceOf } from './source-of.ts';

/** Reads one untrusted file: `readRpm` of a reading session, or in tests the plain one. */
export type RpmReader = (file: { path: string; name: string }) => Promise<RpmFile>;

/** Signs the package `from` into `to`, which does not exist; `signRpm` of `@fatbuildr/signing` with a keyring. */
export type RpmPackageSigner = (from: string, to: string) => Promise<void>;

/**
 * Signs and reads the packages among the files of a build.
 *
 * @param scratch directory for the signed files; they are needed until the packages are published, see `release`
 * @returns the packages, and what removes their signed files
 * @throws Failure `rejected` when a file is no package or not what its name says; `publish-failure` when it is damaged;
 * `infrastructure-failure` when the disk is full
 */
export async function ingestRpms(
  files: readonly IncomingFile[],
  read: RpmReader,
  sign: RpmPackageSigner,
  scratch: string,
): Promise<{ packages: IngestedPackage[]; release(): Promise<void> }> {
  const dir = join(scratch, `rpm-${randomBytes(8).toString('hex')}`);
  const release = () => rm(dir, { recursive: true, force: true });
  try {
    await mkdir(dir, { recursive: true });
    const packages: IngestedPackage[] = [];
    await sideBySide([...files.entries()], async ([index, file]) => {
      await checkIncoming(file);
      const signed = join(dir, String(index));
      await sign(file.path, signed);
      packages[index] = checkFacts(await ingestRpm(file.name, signed, await read({ path: signed, name: file.name })));
    });
    return { packages, release };
  } catch (error) {
    await release();
    throw explained(error);
  }
}

async function checkIncoming(file: IncomingFile): Promise<void> {
  if (!file.name.endsWith('.rpm')) throw new Failure('rejected', `${file.name} is no RPM package`);
  const found = await digestFile(file.path, file.size);
  if (found.sha256 === file.sha256 && found.size === file.size) return;
  throw new Failure(
    'publish-failure',
    `${file.name} is damaged: expected ${file.size} bytes with sha256 ${file.sha256}, found ${found.size} with ${found.sha256}`,
  );
}

async function ingestRpm(fileName: string, path: string, rpm: RpmFile): Promise<IngestedPackage> {
  const { name, version, release, architecture } = checkIdentity(rpm, fileName);
  const found = await stat(path);
  const { sha256, content, size } = await digests(path, found.size, rpm.header.start);
  const inPool = `${name.slice(0, 1).toLowerCase()}/${name}/${sha256.slice(0, 32)}/${fileName}`;
  const time = Math.floor(found.mtimeMs / 1000);
  return {
    kind: architecture === 'src' ? 'source' : 'binary',
    name,
    version: renderEvr(rpm),
    architecture,
    source: sourceOf(architecture === 'src' ? '' : rpm.sourceRpm) ?? { name, version: `${version}-${release}` },
    section: rpm.group,
    summary: rpm.summary,
    relations: relationsOf(rpm),
    digest: sha256,
    content,
    parts: renderFragments(rpm, { sha256, size, time, href: `packages/${inPool}` }),
    files: [{ path: `${POOL}/${inPool}`, size, sha256, from: path, modified: time }],
  };
}

/** Checked again: the reader is not trusted, and these become paths. */
function checkIdentity(rpm: RpmFile, fileName: string): RpmFile {
  const { name, version, release, architecture } = rpm;
  const fine =
    PACKAGE_NAME.test(name) && EVR_PART.test(version) && EVR_PART.test(release) && RPM_ARCHITECTURE.test(architecture);
  if (!fine) throw new Failure('rejected', `${fileName}: its name, version or architecture is not valid`);
  const canonical = `${name}-${version}-${release}.${architecture}.rpm`;
  // A source package that lacks a source is called nosrc; its header says src all the same.
  const names = architecture === 'src' ? [canonical, canonical.replace(/src\.rpm$/, 'nosrc.rpm')] : [canonical];
  if (!names.includes(fileName)) {
    throw new Failure('rejected', `${fileName} holds the package that is called ${canonical}`, {
      hint: 'build it again: a package is published under the name that its header gives',
    });
  }
  return rpm;
}

/** Of the whole file, and of what follows the signatures: header and payload. */
async function digests(path: string, about: number, headerStart: number) {
  const [whole, signed] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  for await (const chunk of chunksOf(path, about)) {
    whole.update(chunk);
    signed.update(chunk.subarray(Math.max(0, Math.min(chunk.length, headerStart - size))));
    size += chunk.length;
  }
  return { sha256: whole.digest('hex'), content: signed.digest('hex'), size };
}

const SIGNS: Record<string, string> = { LT: '<', GT: '>', EQ: '=', LE: '<=', GE: '>=' };

function relationsOf({ relations }: RpmFile): Record<string, string> {
  const rendered = Object.entries(relations).map(([kind, all]) => {
    const each = all
      .filter(({ name }) => !name.startsWith('rpmlib('))
      .map(({ name, flags, version }) => {
        const comparison = comparisonOf(flags);
        return comparison && version !== '' ? `${name} ${SIGNS[comparison]} ${version}` : name;
      });
    return [kind, [...new Set(each)].join(', ')] as const;
  });
  return Object.fromEntries(rendered.filter(([, text]) => text !== ''));
}
