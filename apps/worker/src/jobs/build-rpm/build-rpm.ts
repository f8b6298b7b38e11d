import type { BuildRpmOrder } from '@fatbuildr/domain';
import { buildPackage } from '../build/build-package.ts';
import type { Host } from '../host.ts';
import type { Work } from '../job.ts';
import { openBuilder } from './builder.ts';
import { checkPackages } from './check.ts';
import { collect, collectSource } from './collect.ts';
import { nothingOf, sourceRpm } from './source-rpm.ts';

/** Builds an RPM package. */
export function buildRpm(host: Host): Work<BuildRpmOrder> {
  return buildPackage(host, {
    open: openBuilder,
    source: sourceRpm,
    nothingOf,
    build: (_build, source, builder) => builder.build(source),
    collect,
    collectSource,
    check: checkPackages,
  });
}
