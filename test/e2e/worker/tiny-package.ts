import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { BuildSource } from '@fatbuildr/domain';
import { pack } from 'tar-stream';
import type { FakeApi } from '../../integration/worker/fake-api.ts';

export interface TinyPackage {
  name: string;
  /** Commands of the build step, one line each. */
  build?: string[];
  buildDepends?: string;
  /** Further files of the definition. */
  files?: Record<string, string>;
}

/** A definition of a package that needs nothing but build-essential, with its source at hand. */
export async function tinyDefinition(api: FakeApi, spec: TinyPackage): Promise<BuildSource> {
  const { name, build = ['true'], buildDepends, files = {} } = spec;
  const source = await api.addText(`${name}-1.0.tar.gz`, gzipSync(await tar({ [`${name}-1.0/README`]: 'tiny\n' })));
  const archive = await api.addText(
    `${name}.tar`,
    await tar({
      'artifact.yml': `source: https://example.invalid/${name}-{{ version }}.tar.gz
version: "1.0"
checksums:
  "1.0":
    sha256: ${source.sha256}
deb:
  release: 1
`,
      'deb/source/format': '3.0 (quilt)\n',
      'deb/control': `Source: ${name}
Section: misc
Priority: optional
Maintainer: Tiny <tiny@example.org>
Standards-Version: 4.6.2
Rules-Requires-Root: no
${buildDepends === undefined ? '' : `Build-Depends: ${buildDepends}\n`}
Package: ${name}
Architecture: any
Description: tiny package
 It holds one file.
`,
      'deb/rules': `#!/usr/bin/make -f
SHELL = /bin/bash
clean:
build build-arch build-indep:
${build.map((line) => `\t${line}`).join('\n')}
binary binary-arch: build
\tmkdir -p debian/${name}/DEBIAN debian/${name}/usr/share/doc/${name}
\tcp README debian/${name}/usr/share/doc/${name}/
\tdpkg-gencontrol -Pdebian/${name}
\tif test -e debian/${name}.postinst; then install -m 755 debian/${name}.postinst debian/${name}/DEBIAN/postinst; fi
\tdpkg-deb --root-owner-group --build debian/${name} ..
binary-indep:
`,
      ...files,
    }),
  );
  return { kind: 'definition', archive, sources: [{ id: name, file: source }] };
}

async function tar(files: Record<string, string>): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) {
    archive.entry({ name, mode: name.endsWith('rules') ? 0o755 : 0o644, mtime: new Date(1_600_000_000_000) }, text);
  }
  archive.finalize();
  return buffer(archive);
}
