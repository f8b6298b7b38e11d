import type { Config } from '@fatbuildr/config';
import type { JobRow } from '@fatbuildr/database';
import {
  type BuildDebOrder,
  type BuildOrder,
  type BuildResult,
  type BuildRpmOrder,
  type BuildSource,
  buildFormat,
  type FileRef,
} from '@fatbuildr/domain';
import { capabilityFor } from '../capabilities.ts';
import { environmentRecipe } from '../recipes.ts';
import type { NewJob } from '../transitions.ts';

/**
 * What follows on a source package: one job for each architecture, that starts from the files that were handed in. What is
 * for all is built by the first that there is anything for.
 */
export function binaryJobs(config: Config, job: JobRow, order: BuildOrder, result: BuildResult): NewJob[] {
  if (order.kind === 'build-osi') throw new Error('no source package is made of an OS image');
  const { architectures = [order.architecture] } = order;
  const [primary = architectures[0]] = result.source.architectures ?? [];
  return architectures.map((architecture) => ({
    name: `binary:${architecture}`,
    capability: capabilityFor(job.capability, architecture),
    order: binaryOrder(config, order, result, { architecture, primary: architecture === primary }),
  }));
}

function binaryOrder(
  config: Config,
  order: BuildDebOrder | BuildRpmOrder,
  { source, files }: BuildResult,
  own: { architecture: string; primary: boolean },
): BuildOrder {
  const part = 'binaries' as const;
  const recipe = recipeFor(config, order, own.architecture);
  if (order.kind === 'build-deb' && recipe.format === 'deb') {
    return { ...order, ...own, part, recipe, source: debSource(files) };
  }
  if (order.kind === 'build-rpm' && recipe.format === 'rpm') {
    const { buildargs } = source;
    return {
      ...order,
      ...own,
      part,
      recipe,
      source: { kind: 'srpm', srpm: only(files, '.src.rpm') },
      ...(buildargs ? { buildargs } : {}),
    };
  }
  throw new Error(`the recipe of a ${order.kind} is of format ${recipe.format}`);
}

/** The configuration may have lost the distribution meanwhile: then the order's own words must do. */
function recipeFor(config: Config, order: BuildDebOrder | BuildRpmOrder, architecture: string) {
  const instance = config.instances.find(({ id }) => id === order.instance);
  const distribution = instance?.distributions.find(
    ({ format, name }) => format === buildFormat(order) && name === order.target.distribution,
  );
  if (!instance || !distribution || distribution.format === 'osi') return { ...order.recipe, architecture };
  return environmentRecipe(instance, distribution, architecture);
}

function debSource(files: readonly FileRef[]): BuildSource {
  const dsc = only(files, '.dsc');
  return { kind: 'dsc', dsc, files: files.filter((one) => one !== dsc) };
}

/** The file that stands for the source package: the result was checked to have one. */
function only(files: readonly FileRef[], ending: string): FileRef {
  const found = files.find(({ name }) => name.endsWith(ending));
  if (found) return found;
  throw new Error(`a source package without a file ${ending}`);
}
