import type { FileRef, Order } from '@fatbuildr/domain';

/** The blobs that an order names: all that its host may fetch. */
export function fileRefs(order: Order): FileRef[] {
  if (order.kind === 'publish') return order.files;
  if (order.kind !== 'build-deb') return [];
  const { source } = order;
  return source.kind === 'dsc'
    ? [source.dsc, ...source.files]
    : [source.archive, ...source.sources.map((one) => one.file)];
}
