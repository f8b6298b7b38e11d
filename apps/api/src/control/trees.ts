import type { HostReport, Order } from '@fatbuildr/domain';

/** Whether a host has what an order is carried out in; orders other than builds and what precedes them need nothing. */
export function holdsTreesFor(order: Order, report: HostReport): boolean {
  if (order.kind === 'build-osi') return holdsImage(report, 'osi');
  if (order.kind === 'fetch') return holdsImage(report, order.format);
  if (order.kind !== 'build-deb' && order.kind !== 'build-rpm') return true;
  return holdsImage(report, order.recipe.format) && holdsEnvironment(report, order.recipe);
}

export function holdsImage(report: HostReport, format: string): boolean {
  return report.trees.some((tree) => tree.kind === 'image' && tree.format === format);
}

export function holdsEnvironment(
  report: HostReport,
  wanted: { instance: string; format: string; name: string; architecture: string },
): boolean {
  return report.trees.some(
    (tree) =>
      tree.kind === 'environment' &&
      tree.instance === wanted.instance &&
      tree.format === wanted.format &&
      tree.environment === wanted.name &&
      tree.architecture === wanted.architecture,
  );
}
