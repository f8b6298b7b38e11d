import { createHash } from 'node:crypto';
import { environmentSources, type HostMirrors } from '@fatbuildr/config';
import type { EnvironmentOrder, EnvironmentRecipe, HeldTree } from '@fatbuildr/domain';

/**
 * Stands for what an environment keeps of the configuration for good: for apt its archives, suites, components and keys;
 * for dnf the release and its modules, as it is told anew each time where the repositories are.
 *
 * @param host the mirrors of this host, which a recipe need not name
 */
export function sourcesOf(recipe: EnvironmentRecipe, host: HostMirrors): string {
  const { format } = recipe;
  const sources =
    format === 'deb'
      ? environmentSources(recipe, host)
      : [recipe.mock, recipe.releasever, recipe.dbpath, recipe.modules];
  return createHash('sha256')
    .update(JSON.stringify([format, sources]))
    .digest('hex')
    .slice(0, 32);
}

/** Whether an environment was made from other sources than those it would be made from now. Not known of old ones. */
export function hasOtherSources({ madeFrom }: Pick<HeldTree, 'madeFrom'>, sources: string): boolean {
  return madeFrom !== undefined && madeFrom !== sources;
}

/** What is to become of an environment, with words where that is not just what was asked for. */
export interface Decision {
  does: 'create' | 'update' | 'nothing';
  because?: string;
}

/** An environment whose sources are other ones now is of no use to an update: apt in it knows the old ones. */
export function decide(
  { operation, force }: Pick<EnvironmentOrder, 'operation' | 'force'>,
  held: HeldTree | undefined,
  sources: string,
): Decision {
  const isOther = held !== undefined && hasOtherSources(held, sources);
  if (operation === 'update') {
    if (!isOther) return { does: 'update' };
    return { does: 'create', because: 'The configuration names other sources than it was made from: it is made anew.' };
  }
  if (held === undefined || force) return { does: 'create' };
  const exists = `The environment exists already: ${held.name}, generation ${held.generation}.`;
  const others = isOther ? ' It was made from other sources than the configuration names now.' : '';
  return { does: 'nothing', because: `${exists}${others} Use --force to make a new one.` };
}
