import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { BUILD_USER } from '@fatbuildr/formats';
import { execa } from 'execa';

/** The tools without a farm: dnf and rpmbuild in the farm's own trees, and createrepo_c. */
export interface BareRpmTools {
  /** Builds a source RPM and indexes what came out; returns how long that took, ms. */
  build(sourceRpm: string): Promise<number>;
  remove(): Promise<void>;
}

const CONTAINER = ['--quiet', '--register=no', '--keep-unit', '--pipe', '--resolv-conf=off'];
/** The tree that dnf installs into, in the container of the tools. */
const CHROOT = '/build/chroot';

const DEPENDENCIES = `mkdir -p ${CHROOT}/dev ${CHROOT}/proc && mount --rbind /dev ${CHROOT}/dev && mount -t proc proc ${CHROOT}/proc &&
exec dnf --config=/build/config/dnf.conf --installroot=${CHROOT} --releasever=9 '--disableplugin=*' --enableplugin=builddep builddep -y "$1"`;

/** Makes ready in `directory`, from an image tree, an environment tree and the URLs of repositories. */
export async function bareRpmTools(
  directory: string,
  trees: { image: string; environment: string; repositories: readonly string[]; dbpath: string },
): Promise<BareRpmTools> {
  const config = join(directory, 'config');
  const repository = join(directory, 'repository');
  for (const path of [config, repository]) await mkdir(path, { recursive: true });
  const known = trees.repositories.map((url, index) => `[r${index}]\nname=r${index}\nbaseurl=${url}\ngpgcheck=0\n`);
  const main = '[main]\nreposdir=/dev/null\ninstall_weak_deps=False\ntsflags=nodocs\nlogdir=/tmp\n';
  await writeFile(join(config, 'dnf.conf'), main + known.join(''));
  await writeFile(join(config, '.rpmmacros'), `%_dbpath ${trees.dbpath}\n`);

  let builds = 0;
  let mounted: string[] = [];
  async function overlay(tree: string, name: string): Promise<string> {
    const [upper, work, merged] = ['upper', 'work', 'merged'].map((part) => join(directory, `${name}-${builds}`, part));
    for (const path of [upper, work, merged]) await mkdir(path as string, { recursive: true });
    const options = `lowerdir=${await realpath(tree)},upperdir=${upper},workdir=${work}`;
    await execa('mount', ['-t', 'overlay', 'overlay', '-o', options, merged as string]);
    mounted.push(merged as string);
    return merged as string;
  }

  async function unmount(): Promise<void> {
    for (const path of mounted.toReversed()) await execa('umount', [path], { reject: false });
    mounted = [];
  }

  return {
    async build(sourceRpm) {
      builds += 1;
      const began = performance.now();
      const root = await overlay(trees.environment, 'environment');
      const tools = await overlay(trees.image, 'image');
      const input = ['--bind-ro', `${sourceRpm}:/build/source.src.rpm`];
      const binds = [...input, '--bind', `${root}:${CHROOT}`, '--bind-ro', `${config}:/build/config`];
      const inTools = [...CONTAINER, ...binds, '--setenv=HOME=/build/config', `--directory=${tools}`];
      await execa('systemd-nspawn', [...inTools, '/bin/sh', '-c', DEPENDENCIES, 'sh', '/build/source.src.rpm']);
      const home = join(root, BUILD_USER.home);
      await mkdir(home, { recursive: true });
      await execa('chown', [`${BUILD_USER.uid}:${BUILD_USER.gid}`, home]);
      const macros = ['--define', `_topdir ${BUILD_USER.home}/build`, '--define', `_dbpath ${trees.dbpath}`];
      const user = [`--user=${BUILD_USER.name}`, `--setenv=HOME=${BUILD_USER.home}`, '--private-network'];
      const inRoot = [...CONTAINER, ...input, ...user, `--directory=${root}`];
      await execa('systemd-nspawn', [...inRoot, 'rpmbuild', '--rebuild', ...macros, '/build/source.src.rpm']);
      await execa('bash', ['-c', 'cp -f "$1"/build/RPMS/*/*.rpm "$2"', 'sh', home, repository]);
      await execa('createrepo_c', ['--quiet', '--update', '--no-database', repository]);
      const took = performance.now() - began;
      await unmount();
      return took;
    },
    async remove() {
      await unmount();
      await removeTree(directory);
    },
  };
}
