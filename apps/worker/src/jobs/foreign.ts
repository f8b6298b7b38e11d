import { archName, type RpmEnvironmentRecipe, type WorkerOrder } from '@fatbuildr/domain';
import type { Host } from './host.ts';

/** The architecture of the environment that an order is carried out in; undefined where it has none. */
function environmentArchitecture(order: WorkerOrder): string | undefined {
  if ('environment' in order) return order.environment?.architecture;
  return 'recipe' in order && 'architecture' in order.recipe ? order.recipe.architecture : undefined;
}

/** What `uname -m` is to say in the containers of an order, where the kernel would say its own: i386 on amd64. */
export function personalityFor(order: WorkerOrder): { personality?: 'x86' } {
  return environmentArchitecture(order) === 'i386' && process.arch === 'x64' ? { personality: 'x86' } : {};
}

/** What dnf and mock are told to work on a tree of another architecture than the machine's. */
export function forceArchitecture({ architecture }: RpmEnvironmentRecipe, host: Pick<Host, 'architecture'>): string[] {
  return architecture === host.architecture ? [] : [`--forcearch=${archName(architecture, 'rpm')}`];
}
