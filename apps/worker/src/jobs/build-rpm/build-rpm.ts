import type { BuildRpmOrder } from '@fatbuildr/domain';
import { buildPackage } from '../build/build-package.ts';
import type { Host } from '../host.ts';
import type { Work } from '../job.ts';
import { checkPackages } from './check.ts';
import { openChroot } from './chroot.ts';
import { collect } from './collect.ts';
import { runRpmbuild } from './rpmbuild.ts';
import { sourceRpm } from './source-rpm.ts';

/** Builds an RPM package. */
export function buildRpm(host: Host): Work<BuildRpmOrder> {
  return buildPackage(host, {
    open: openChroot,
    source: sourceRpm,
    build: runRpmbuild,
    collect,
    check: checkPackages,
  });
}
