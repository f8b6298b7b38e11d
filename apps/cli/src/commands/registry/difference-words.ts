import type { PackageDifference } from '@fatbuildr/domain';
import { table } from '../../output/table.ts';

/** A row for each package that is not the same on both sides. */
export function differenceWords(packages: readonly PackageDifference[]): string {
  if (packages.length === 0) return 'No package differs.\n';
  return table(
    ['', 'PACKAGE', 'ARCH', 'DERIVATIVE', 'FROM', 'TO'],
    packages.map(({ name, architecture, derivative, from, to }) => [
      from.length === 0 ? '+' : to.length === 0 ? '-' : '~',
      name,
      architecture,
      derivative,
      from.join(' '),
      to.join(' '),
    ]),
  );
}
