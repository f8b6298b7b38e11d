import type { BrokenPackage } from './registry.ts';

/** @param name as people are told of the package */
export function brokenWords({ needs, certain }: Pick<BrokenPackage, 'needs' | 'certain'>, name: string): string {
  if (certain) return `${name} could not be installed any more: it needs ${needs}`;
  return `whether ${name} could still be installed cannot be told: it needs ${needs}`;
}
