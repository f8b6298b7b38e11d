import type { BuildDebOrder } from '@fatbuildr/domain';
import { buildPackage } from '../build/build-package.ts';
import { withShellOnFailure } from '../build/failed-build.ts';
import { openAptNetwork } from '../deb/apt.ts';
import type { Host } from '../host.ts';
import type { Work } from '../job.ts';
import { checkPackages } from './check.ts';
import { collect, collectSource } from './collect.ts';
import { openEnvironment } from './environment.ts';
import { failedTree } from './failed-tree.ts';
import { runPbuilder } from './pbuilder.ts';
import { nothingOf, sourcePackage } from './source-package.ts';

/** Builds a Debian package. */
export function buildDeb(host: Host): Work<BuildDebOrder> {
  return buildPackage(host, {
    open: async (build) => {
      const { recipe, farm } = build.job.order;
      const network = await openAptNetwork(host, build.job, recipe, farm);
      return { chroot: await openEnvironment(build), network };
    },
    source: sourcePackage,
    nothingOf,
    build: (build, source, run) =>
      withShellOnFailure(
        build,
        () => runPbuilder(build, source, run),
        (failure) => failedTree(build.job, run, failure),
      ),
    collect,
    collectSource,
    check: checkPackages,
  });
}
