import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeRpm } from './rpm.ts';

const run = promisify(execFile);

/** What the tree of the one package is made of: a build host as small as can be. */
const TOOLS = [
  ...['rpm', 'gcc', 'make', 'libc6-dev', 'binutils', 'patch', 'diffutils', 'gawk', 'cpio', 'file', 'passwd'],
  ...['bzip2', 'xz-utils', 'zstd', 'unzip', 'gettext', 'texinfo', 'help2man'],
];

/** Debian's ccache, what it needs beside the tools, and the directory in which it has compilers of their usual names. */
const CCACHE = { packages: ['ccache', 'libhiredis0.14'], links: '/usr/lib/ccache' };

/** What an environment asks for by the names of Fedora and its kin, and the one package stands for. */
const STANDS_FOR = [
  ...['bash', 'bzip2', 'coreutils', 'cpio', 'diffutils', 'file', 'findutils', 'gawk', 'gcc', 'gcc-c++', 'gettext'],
  ...[
    'glibc-devel',
    'glibc-minimal-langpack',
    'grep',
    'gzip',
    'help2man',
    'info',
    'make',
    'patch',
    'redhat-rpm-config',
  ],
  ...['rpm-build', 'sed', 'shadow-utils', 'system-release', 'tar', 'texinfo', 'unzip', 'util-linux', 'which', 'xz'],
  ...['/bin/sh', '/usr/bin/perl', 'rtld(GNU_HASH)', 'system-release(releasever) = 9'],
];

/** Left out of the package: what a container has of its own, and what nobody builds with. */
const LEFT_OUT = ['dev', 'proc', 'sys', 'run', 'var/cache', 'var/lib/apt', 'var/lib/dpkg', 'var/log'];
const UNREAD = ['usr/share/doc', 'usr/share/info', 'usr/share/locale', 'usr/share/man'];

/** Small packages beside it, for build dependencies: each is one file, `/usr/share/NAME/version`. */
const EXTRAS = [
  { name: 'greeting-data', version: '1.0' },
  { name: 'greeting-data', version: '2.0' },
  { name: 'dynamic-helper', version: '1.0' },
];

const SUITE = 'bookworm';

/**
 * An RPM distribution for tests that need no mirror of one: `buildsys-root`, which is a Debian tree with compiler and
 * rpmbuild in one package, `ccache`, which is Debian's, and a few tiny ones. The package calls itself noarch, so that environments of whatever this
 * machine runs can be made of it. Returns the directory of its repository, made once for what it is made of and kept
 * below `cache`. Needs root, mmdebstrap, rpmbuild and createrepo_c.
 *
 * @param mirror of Debian
 */
export async function rpmDistribution(cache: string, mirror: { uri: string; signedBy?: string | undefined }) {
  const inputs = JSON.stringify([SUITE, TOOLS, CCACHE, STANDS_FOR, LEFT_OUT, UNREAD, EXTRAS, process.arch, 'noarch']);
  const key = createHash('sha256').update(inputs).digest('hex').slice(0, 12);
  const made = join(cache, `rpm-distribution-${key}`);
  if (await stat(made).catch(() => undefined)) return made;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(`${made}.`);
  try {
    const repository = join(work, 'repository');
    await mkdir(join(repository, 'packages'), { recursive: true });
    const tree = join(work, 'tree');
    const ccache = join(work, 'ccache');
    const files = await makeTree(tree, ccache, mirror);
    const packages = join(repository, 'packages');
    await pack(work, packages, { name: 'buildsys-root', tree, files: ['/*'], provides: await providedBy(tree) });
    await pack(work, packages, { name: 'ccache', tree: ccache, files, provides: [] });
    for (const extra of EXTRAS) {
      const files = { [`/usr/share/${extra.name}/version`]: `${extra.version}\n` };
      for (const { name, content } of await makeRpm({ ...extra, files })) {
        if (!name.endsWith('.src.rpm')) await writeFile(join(repository, 'packages', name), content);
      }
    }
    await run('createrepo_c', ['--quiet', repository]);
    await rename(repository, made);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return made;
}

/** Makes a tree of the tools, and one of what ccache has beside them; returns the paths in that. */
async function makeTree(
  tree: string,
  ccache: string,
  { uri, signedBy }: { uri: string; signedBy?: string | undefined },
) {
  const keyring = signedBy === undefined ? [] : [`--keyring=${signedBy}`];
  const packages = `--include=${[...TOOLS, ...CCACHE.packages].join(',')}`;
  await run('mmdebstrap', ['--quiet', '--mode=root', '--variant=essential', ...keyring, packages, SUITE, tree, uri]);
  const query = [`--admindir=${join(tree, 'var/lib/dpkg')}`, '--listfiles', ...CCACHE.packages];
  const { stdout } = await run('dpkg-query', query);
  for (const path of [...LEFT_OUT, ...UNREAD]) await rm(join(tree, path), { recursive: true, force: true });
  const moved = [];
  for (const path of [...stdout.split('\n'), CCACHE.links]) {
    const found = await lstat(join(tree, path)).catch(() => undefined);
    if (found === undefined || (found.isDirectory() && path !== CCACHE.links)) continue;
    await mkdir(dirname(join(ccache, path)), { recursive: true });
    await rename(join(tree, path), join(ccache, path));
    moved.push(path);
  }
  await writeFile(join(tree, 'etc/os-release'), 'ID=tiny\nVERSION_ID=9\nPRETTY_NAME="Tiny RPM distribution"\n');
  return moved;
}

/** What the one package stands for, and the libraries in it. */
async function providedBy(tree: string): Promise<string[]> {
  const sonames = `find ${tree}/usr/lib -name '*.so*' | /usr/lib/rpm/elfdeps --provides | sort -u`;
  const { stdout } = await run('sh', ['-c', sonames], { maxBuffer: 64 * 1024 * 1024 });
  return [...STANDS_FOR, ...stdout.trim().split('\n')];
}

interface Packed {
  name: string;
  /** Where its content is. */
  tree: string;
  /** What of it belongs to the package. */
  files: readonly string[];
  provides: readonly string[];
}

/** Makes a package of a tree in `target`. */
async function pack(work: string, target: string, { name, tree, files, provides }: Packed): Promise<void> {
  const spec = join(work, `${name}.spec`);
  await writeFile(
    spec,
    `%global __os_install_post %{nil}
%global _binary_payload w3.zstdio
%global debug_package %{nil}
%global _binaries_in_noarch_packages_terminate_build 0
Name: ${name}
Version: 9
Release: 1
Summary: A part of a whole distribution
License: MIT
BuildArch: noarch
AutoReqProv: no
${provides.map((one) => `Provides: ${one}`).join('\n')}
%description
Made of Debian.
%install
cp -a ${tree}/. %{buildroot}/
%files
${files.join('\n')}
`,
  );
  const defines = [`_topdir ${work}/rpmbuild`, '_build_id_links none'].flatMap((one) => ['--define', one]);
  await run('rpmbuild', ['-bb', '--nodeps', ...defines, spec], {
    env: { ...process.env, HOME: work },
    maxBuffer: 256 * 1024 * 1024,
  });
  await run('sh', ['-c', `mv ${work}/rpmbuild/RPMS/*/*.rpm ${target}/`]);
}
