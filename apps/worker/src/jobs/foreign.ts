import { archName, type RpmEnvironmentRecipe, type WorkerOrder } from '@fatbuildr/domain';
import type { Host } from './host.ts';

/** The architecture of the environment that an order is carried out in; undefined where it has none. */
function environmentArchitecture(order: WorkerOrder): string | undefined {
  if ('environment' in order) return order.environment?.architecture;
  return 'recipe' in order && 'architecture' in order.recipe ? order.recipe.architecture : undefined;
}

/** Whether programs of an architecture run here as they are, though the kernel says another of itself: i386 on amd64. */
function isPersonality(architecture: string | undefined): boolean {
  return architecture === 'i386' && process.arch === 'x64';
}

/** What `uname -m` is to say in the containers of an order, where that is not the kernel's own. */
export function personalityFor(order: WorkerOrder): { personality?: 'x86' } {
  return isPersonality(environmentArchitecture(order)) ? { personality: 'x86' } : {};
}

/** What dnf and mock are told to work on a tree of an architecture that is emulated; others they find out. */
export function forceArchitecture({ architecture }: RpmEnvironmentRecipe, host: Pick<Host, 'architecture'>): string[] {
  if (architecture === host.architecture || isPersonality(architecture)) return [];
  return [`--forcearch=${archName(architecture, 'rpm')}`];
}
