import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  cowbuilderBuildCommand,
  cowbuilderCreateCommand,
  PBUILDER_THAT_LEAVES,
  pbuilderBuildCommand,
} from './pbuilder.ts';
import { pbuilderrc } from './pbuilder-config.ts';

const build = { dsc: '/s/x.dsc', result: '/r', config: '/c', hooks: '/h', binaries: 'any' as const };

describe('pbuilderBuildCommand', () => {
  it('runs pbuilder as cowbuilder does, on the tree given', () => {
    expect(pbuilderBuildCommand({ chroot: '/build/chroot', ...build }).join(' ')).toBe(
      'pbuilder build --no-targz --buildplace /build/chroot --internal-chrootexec chroot /build/chroot' +
        ' --configfile /c --buildresult /r --hookdir /h --debbuildopts -b /s/x.dsc',
    );
  });

  it('leaves packages for all architectures to the job that has them', () => {
    const command = pbuilderBuildCommand({ chroot: '/build/chroot', ...build, binaries: 'arch' });
    expect(command.slice(-2)).toEqual(['--binary-arch', '/s/x.dsc']);
    expect(command).not.toContain('--debbuildopts');
  });
});

describe('cowbuilder commands', () => {
  it('have base and copies apart', () => {
    const command = cowbuilderBuildCommand({ base: '/e/base.cow', copies: '/e/copies', ...build });
    expect(command.slice(0, 6)).toEqual([
      'cowbuilder',
      '--build',
      '--basepath',
      '/e/base.cow',
      '--buildplace',
      '/e/copies',
    ]);
  });

  it('get a status that leaves the copy when pbuilder fails, and success as it is', () => {
    const status = (real: string) => {
      const script = `pbuilder() { echo "$@"; ${real}; }\nset -- build x\n${PBUILDER_THAT_LEAVES}`;
      const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      return `${stdout.trim()} ${status}`;
    };
    expect([status('return 1'), status('return 0')]).toEqual(['build x 255', 'build x 0']);
  });

  it('give debootstrap the keyring only when there is one', () => {
    const base = {
      ...{ base: '/b', copies: '/c', distribution: 'bookworm', architecture: 'amd64', config: '/rc' },
      ...{ mirror: 'http://mirror.test/debian', components: ['main', 'contrib'] },
    };
    expect(cowbuilderCreateCommand(base)).toContain('main contrib');
    expect(cowbuilderCreateCommand(base)).not.toContain('--debootstrapopts');
    expect(cowbuilderCreateCommand({ ...base, keyring: '/k.gpg' }).slice(-2)).toEqual([
      '--debootstrapopts',
      '--keyring=/k.gpg',
    ]);
  });
});

describe('pbuilderrc', () => {
  it('is shell that survives any proxy', () => {
    const httpProxy = "http://x/'; echo no; '";
    const script = `${pbuilderrc({ httpProxy, jobs: 2 })}printf '%s|' "$USENETWORK" "$http_proxy" "$DEB_BUILD_OPTIONS"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(`no|${httpProxy}|parallel=2|`);
  });

  it('compiles through ccache where that is wanted, installed beside the rest by whoever installs that', () => {
    const told = (settings: Parameters<typeof pbuilderrc>[0]) => {
      const script = `PATH=/bin\n${pbuilderrc(settings)}echo "$EXTRAPACKAGES|$CCACHE_DIR|$PATH"`;
      return execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8', env: {} });
    };
    expect(told({ ccacheBytes: 1e9 })).toBe('ccache|/var/cache/fatbuildr-ccache|/usr/lib/ccache:/bin\n');
    expect(told({ ccacheBytes: 1e9, dependenciesMet: true })).toMatch(/^\|/);
    expect(told({})).toBe('||/bin\n');
  });
});
