import { copyFile, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { cowbuilderBuildCommand, pbuilderrc } from '@fatbuildr/formats';
import { execa } from 'execa';

/** The tools without a farm: cowbuilder in the farm's own tool image, and reprepro. */
export interface BareTools {
  /** Builds a source package and includes what came out in a repository; returns how long that took, ms. */
  build(dsc: string): Promise<number>;
  remove(): Promise<void>;
}

/** Makes ready in `directory`, from an image tree and a copy of an environment tree. */
export async function bareTools(directory: string, trees: { image: string; environment: string }): Promise<BareTools> {
  const root = join(directory, 'root');
  const pbuilder = join(directory, 'pbuilder');
  const repository = join(directory, 'repository');
  await execa('which', ['reprepro']).catch(() => {
    throw new Error('the bare tools need reprepro: apt-get install reprepro');
  });
  for (const made of ['upper', 'work', 'root', 'source', 'pbuilder/aptcache', 'pbuilder/hooks', 'repository/conf']) {
    await mkdir(join(directory, made), { recursive: true });
  }
  await execa('cp', ['-a', await realpath(trees.environment), join(pbuilder, 'base.cow')]);
  // With a cache of packages, as a machine that builds every day has.
  const config = `${pbuilderrc({ jobs: availableParallelism() })}APTCACHE=/pbuilder/aptcache\nAPTCACHEHARDLINK=yes\n`;
  await writeFile(join(pbuilder, 'pbuilderrc'), config);
  const distribution =
    'Origin: bare\nLabel: bare\nCodename: bookworm\nArchitectures: amd64 arm64 source\nComponents: main\n';
  await writeFile(join(repository, 'conf/distributions'), distribution);
  const overlay = `lowerdir=${await realpath(trees.image)},upperdir=${directory}/upper,workdir=${directory}/work`;
  await execa('mount', ['-t', 'overlay', 'overlay', '-o', overlay, root]);

  let builds = 0;
  return {
    async build(dsc) {
      const result = join(pbuilder, `result-${++builds}`);
      await mkdir(result);
      const source = join(directory, 'source');
      const from = join(dsc, '..');
      for (const name of await readdir(from)) {
        if (name.startsWith('hello_')) await copyFile(join(from, name), join(source, name));
      }
      const began = performance.now();
      const command = cowbuilderBuildCommand({
        base: '/pbuilder/base.cow',
        copies: '/pbuilder',
        dsc: `/source/${dsc.slice(from.length + 1)}`,
        result: `/pbuilder/result-${builds}`,
        config: '/pbuilder/pbuilderrc',
        hooks: '/pbuilder/hooks',
        binaries: 'any',
      });
      const binds = [`--bind=${pbuilder}:/pbuilder`, `--bind-ro=${source}:/source`];
      const container = ['--quiet', '--register=no', '--keep-unit', '--pipe', '--resolv-conf=bind-host', ...binds];
      const environment = ['--setenv=LANG=C.UTF-8', '--setenv=DEBIAN_FRONTEND=noninteractive'];
      await execa('systemd-nspawn', [...container, ...environment, `--directory=${root}`, '--', ...command]);
      const debs = (await readdir(result)).filter((name) => name.endsWith('.deb')).map((name) => join(result, name));
      await execa('reprepro', ['--silent', '-b', repository, 'includedeb', 'bookworm', ...debs]);
      const took = performance.now() - began;
      // The same version is to be included again.
      await execa('reprepro', ['--silent', '-b', repository, 'remove', 'bookworm', 'hello', 'hello-dbgsym']);
      return took;
    },
    async remove() {
      await execa('umount', [root], { reject: false });
      await removeTree(directory);
    },
  };
}
