import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface FakePackage {
  source: string;
  version: string;
  distribution: string;
  architecture: string;
  maintainer: string;
  /** The time of everything inside, ms since the epoch. */
  timestamp: number;
  /** What the one file of the binary package says; by default name and version. */
  text?: string;
}

/** A file by name and content. */
export type FakeFile = { name: string; content: Buffer };

/** Makes what a build hands in. */
export type FakePackages = (spec: FakePackage, withSource: boolean) => Promise<FakeFile[]>;

/**
 * A small but real build: a native source package and one binary package with one text file, in the formats that
 * dpkg reads (deb(5), dsc(5), deb-changes(5)).
 */
export async function fakePackages(spec: FakePackage, withSource: boolean): Promise<FakeFile[]> {
  const { source, version, architecture } = spec;
  const plain = version.replace(/^\d+:/, '');
  const deb = { name: `${source}_${plain}_${architecture}.deb`, content: await binaryPackage(spec) };
  const buildinfo = { name: `${source}_${plain}_${architecture}.buildinfo`, content: buildinfoOf(spec, deb) };
  const changes = {
    name: `${source}_${plain}_${architecture}.changes`,
    content: changesOf(spec, [deb, buildinfo]),
  };
  if (!withSource) return [deb, buildinfo, changes];
  const upstream = plain.replace(/-[^-]*$/, '');
  const orig = {
    name: `${source}_${upstream}.orig.tar.gz`,
    content: await archive(spec, { [`${source}-${upstream}/README`]: `${source}\n` }),
  };
  const debian = {
    name: `${source}_${plain}.debian.tar.gz`,
    content: await archive(spec, { 'debian/control': controlOf(spec), 'debian/source/format': '3.0 (quilt)\n' }),
  };
  const native = !plain.includes('-');
  const parts = native ? [{ ...orig, name: `${source}_${plain}.tar.gz` }] : [orig, debian];
  return [deb, buildinfo, changes, ...parts, { name: `${source}_${plain}.dsc`, content: dscOf(spec, parts, native) }];
}

async function binaryPackage(spec: FakePackage): Promise<Buffer> {
  const { source, version, architecture, maintainer, text = `${source} ${version}\n` } = spec;
  const control = `Package: ${source}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: 1
Section: misc
Priority: optional
Description: package of a farm that builds nothing
`;
  return ar(spec, {
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar.gz': await archive(spec, { './control': control }),
    'data.tar.gz': await archive(spec, { [`./usr/share/doc/${source}/README`]: text }),
  });
}

/** The common ar format, as deb(5) wants it. */
function ar({ timestamp }: FakePackage, members: Record<string, Buffer>): Buffer {
  const seconds = Math.floor(timestamp / 1000).toString();
  const parts = Object.entries(members).flatMap(([name, content]) => {
    const size = content.length.toString();
    const head = `${name.padEnd(16)}${seconds.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${size.padEnd(10)}\`\n`;
    return [Buffer.from(head), content, Buffer.from(content.length % 2 === 0 ? '' : '\n')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

async function archive({ timestamp }: FakePackage, files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(timestamp);
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mtime, mode: 0o644 }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

function controlOf({ source, maintainer }: FakePackage): string {
  return `Source: ${source}\nMaintainer: ${maintainer}\n\nPackage: ${source}\nArchitecture: any\nDescription: package of a farm that builds nothing\n`;
}

function dscOf(spec: FakePackage, files: FakeFile[], native: boolean): Buffer {
  return Buffer.from(`Format: 3.0 (${native ? 'native' : 'quilt'})
Source: ${spec.source}
Binary: ${spec.source}
Architecture: any
Version: ${spec.version}
Maintainer: ${spec.maintainer}
Standards-Version: 4.6.2
Package-List:
 ${spec.source} deb misc optional arch=any
${checksums(files)}Files:
${files.map((file) => ` ${digest('md5', file)} ${file.content.length} ${file.name}`).join('\n')}
`);
}

function changesOf(spec: FakePackage, files: FakeFile[]): Buffer {
  const { source, version, architecture, distribution, maintainer, timestamp } = spec;
  return Buffer.from(`Format: 1.8
Date: ${new Date(timestamp).toUTCString().replace('GMT', '+0000')}
Source: ${source}
Binary: ${source}
Architecture: ${architecture}
Version: ${version}
Distribution: ${distribution}
Urgency: medium
Maintainer: ${maintainer}
Changed-By: ${maintainer}
Description:
 ${source} - package of a farm that builds nothing
Changes:
 ${source} (${version}) ${distribution}; urgency=medium
 .
   * Not built at all.
${checksums(files)}Files:
${files.map((file) => ` ${digest('md5', file)} ${file.content.length} misc optional ${file.name}`).join('\n')}
`);
}

function buildinfoOf({ source, version, architecture }: FakePackage, deb: FakeFile): Buffer {
  return Buffer.from(`Format: 1.0
Source: ${source}
Binary: ${source}
Architecture: ${architecture}
Version: ${version}
${checksums([deb])}Build-Origin: fatbuildr-fake
Build-Architecture: ${architecture}
`);
}

function checksums(files: FakeFile[]): string {
  const list = (algorithm: string) =>
    files.map((file) => ` ${digest(algorithm, file)} ${file.content.length} ${file.name}\n`).join('');
  return `Checksums-Sha1:\n${list('sha1')}Checksums-Sha256:\n${list('sha256')}`;
}

function digest(algorithm: string, { content }: FakeFile): string {
  return createHash(algorithm).update(content).digest('hex');
}
