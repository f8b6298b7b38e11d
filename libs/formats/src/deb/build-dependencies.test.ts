import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dependencyStub, installDependencies, NOTHING, toldSet } from './build-dependencies.ts';

const DSC = `Format: 3.0 (quilt)
Source: hello
Version: 2.10-3
Build-Depends: debhelper-compat (= 13),
 texinfo
Build-Conflicts-Arch: autoconf2.13
Checksums-Sha256:
 0000 1 hello_2.10.orig.tar.gz
`;

describe('dependencyStub', () => {
  test('it requires the same and nothing else is of the source package', () => {
    const stub = dependencyStub(DSC);
    expect(stub).toContain('\nBuild-Depends: debhelper-compat (= 13), texinfo\nBuild-Conflicts-Arch: autoconf2.13\n');
    expect(stub).not.toMatch(/hello|2\.10|quilt|Checksums/);
  });

  test('it is the same for a version that requires the same', () => {
    expect(dependencyStub(DSC.replace('2.10-3', '2.12-1'))).toBe(dependencyStub(DSC));
    expect(dependencyStub(DSC.replace('texinfo', 'texlive'))).not.toBe(dependencyStub(DSC));
  });
});

test('dependencyStub requires what is wanted besides', () => {
  expect(dependencyStub(DSC, ['ccache'])).toContain('\nBuild-Depends: debhelper-compat (= 13), texinfo, ccache\n');
  const none = dependencyStub(DSC.replace(/Build-Depends: .*\n.*\n/, ''), ['ccache']);
  expect(none).toContain('\nBuild-Depends: ccache\n');
});

describe('installDependencies', () => {
  const nonce = 'a'.repeat(16);
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fatbuildr-dependencies-'));
    // Prints the packages of the file `uris`, and says so when it installs.
    const apt = `#!/bin/sh
case "$*" in
  *--print-uris*) cat ${directory}/uris ;;
  *) echo installing; test ! -e ${directory}/broken ;;
esac\n`;
    writeFileSync(join(directory, 'apt-get'), apt);
    chmodSync(join(directory, 'apt-get'), 0o755);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function run(uris: string, known: string[] = [], dsc = DSC): { set: string | undefined; installed: boolean } {
    writeFileSync(join(directory, 'uris'), uris);
    writeFileSync(join(directory, 'stub.dsc'), dependencyStub(dsc));
    const stub = join(directory, 'stub.dsc');
    const script = installDependencies({ stub, ready: 'true', nonce, known, binaries: 'any' });
    const env = { PATH: `${directory}:/usr/bin:/bin` };
    const lines = execFileSync('sh', ['-c', script.replaceAll('rm -f /var', ': /var')], {
      env,
      encoding: 'utf8',
    }).split('\n');
    const set = lines.map((line) => toldSet(line, nonce)).find((told) => told !== undefined);
    return { set, installed: lines.includes('installing') };
  }

  const texinfo = "'http://one/texinfo.deb' texinfo_6.8_amd64.deb 1815916 SHA256:e397\n";
  const dwz = "'http://one/dwz.deb' dwz_0.15_amd64.deb 109164 SHA256:f019\n";

  test('what is not known is installed', () => {
    const { set, installed } = run(texinfo + dwz);
    expect(set).toMatch(/^[0-9a-f]{64}$/);
    expect(installed).toBe(true);
  });

  test('what is known is not', () => {
    const { set } = run(texinfo + dwz);
    expect(run(texinfo + dwz, ['0'.repeat(64), set ?? ''])).toEqual({ set, installed: false });
  });

  test('order and mirror do not matter; version, size and digest do', () => {
    const { set } = run(texinfo + dwz);
    expect(run((dwz + texinfo).replaceAll('//one/', '//two/')).set).toBe(set);
    for (const [from, to] of [
      ['_6.8_', '_6.9_'],
      ['1815916', '1815917'],
      ['e397', 'e398'],
    ] as const) {
      expect(run(texinfo.replace(from, to) + dwz).set).not.toBe(set);
    }
    expect(run(texinfo).set).not.toBe(set);
  });

  test('nothing to install is a set of its own, unless something may have to go', () => {
    expect(run('', [], DSC.replace(/Build-Conflicts.*\n/, ''))).toEqual({ set: NOTHING, installed: false });
    const { set, installed } = run('');
    expect(set).toMatch(/^[0-9a-f]{64}$/);
    expect(installed).toBe(true);
  });

  test('an installation that fails fails', () => {
    writeFileSync(join(directory, 'broken'), '');
    try {
      expect(() => run(texinfo)).toThrow('Command failed');
    } finally {
      rmSync(join(directory, 'broken'));
    }
  });

  test('a set is told by its own nonce alone', () => {
    expect(toldSet(`fatbuildr-dependencies ${nonce} nothing`, nonce)).toBe('nothing');
    expect(toldSet(`fatbuildr-dependencies ${'b'.repeat(16)} nothing`, nonce)).toBeUndefined();
    expect(toldSet(`fatbuildr-dependencies ${nonce} ../../etc`, nonce)).toBeUndefined();
  });
});
