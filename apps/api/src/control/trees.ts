import { buildFormat, type Format, type HostReport, type Order } from '@fatbuildr/domain';

type NeedsTrees = Extract<Order, { kind: 'fetch' | 'build-deb' | 'build-rpm' | 'build-osi' }>;

function needsTrees(order: Order): order is NeedsTrees {
  return ['fetch', 'build-deb', 'build-rpm', 'build-osi'].includes(order.kind);
}

function imageFor(order: NeedsTrees): Format {
  return order.kind === 'fetch' ? order.format : buildFormat(order);
}

/** Whether a host has what an order is carried out in; orders other than builds and what precedes them need nothing. */
export function holdsTreesFor(order: Order, report: HostReport): boolean {
  if (!needsTrees(order)) return true;
  if (!holdsImage(report, imageFor(order))) return false;
  return order.kind === 'build-deb' || order.kind === 'build-rpm' ? holdsEnvironment(report, order.recipe) : true;
}

/** What none of the hosts has of that, and how to make it; undefined when one has all of it. */
export function missingTrees(
  order: Order,
  instance: string,
  reports: readonly HostReport[],
): { message: string; hint: string } | undefined {
  if (!needsTrees(order) || reports.some((report) => holdsTreesFor(order, report))) return undefined;
  const format = imageFor(order);
  if (order.kind === 'fetch' || !reports.some((report) => holdsImage(report, format))) {
    return {
      message: `No worker has the tool image for ${format} packages yet.`,
      hint: `Create it with: fatbuildrctl images create -f ${format} --instance ${instance}`,
    };
  }
  const { architecture, target } = order;
  return {
    message: `No worker has the build environment of ${target.distribution} for ${architecture} yet.`,
    hint: `Create it with: fatbuildrctl images env-create -f ${format} -d ${target.distribution} --instance ${instance}`,
  };
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
