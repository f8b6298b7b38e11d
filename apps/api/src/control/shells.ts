import { isBuildOrder, type Order } from '@fatbuildr/domain';

/** Whether an order is for people at a terminal: a shell, or a build that opens one when it fails. */
export function mayHaveShell(order: Order): boolean {
  return order.kind === 'shell' || (isBuildOrder(order) && order.interactive !== undefined);
}
