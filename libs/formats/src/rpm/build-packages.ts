/** What an environment has before any build dependency: what rpmbuild itself and nearly every spec file calls. */
export const BUILD_PACKAGES: readonly string[] = [
  ...['bash', 'bzip2', 'coreutils', 'cpio', 'diffutils', 'file', 'findutils', 'gawk', 'gcc', 'gcc-c++'],
  ...['glibc-minimal-langpack', 'grep', 'gzip', 'info', 'make', 'patch', 'redhat-rpm-config', 'rpm-build', 'sed'],
  ...['shadow-utils', 'system-release', 'tar', 'unzip', 'util-linux', 'which', 'xz'],
];

/** The user that builds, in every environment. */
export const BUILD_USER = { name: 'builder', uid: 1000, gid: 1000, home: '/builddir' };

/** Macros of a build: the database of the environment, the tag of the distribution, packages in one directory. */
export function buildMacros({ dbpath, tag }: { dbpath: string; tag: string }): string {
  const macros = {
    _dbpath: dbpath,
    dist: `.${tag}`,
    _buildhost: 'localhost',
    _topdir: `${BUILD_USER.home}/build`,
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
  };
  return Object.entries(macros)
    .map(([name, value]) => `%${name} ${value}\n`)
    .join('');
}
