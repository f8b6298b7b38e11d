import { type FileRef, isBuildOrder, type Order } from '@fatbuildr/domain';

/** The blobs that an order names: all that its host may fetch. */
export function fileRefs(order: Order): FileRef[] {
  if (order.kind === 'publish') return order.files;
  if (order.kind === 'image') return order.archive === null ? [] : [order.archive];
  if (!isBuildOrder(order)) return [];
  const { source } = order;
  if (source.kind === 'dsc') return [source.dsc, ...source.files];
  if (source.kind === 'srpm') return [source.srpm];
  return [source.archive, ...source.sources.map((one) => one.file)];
}
