import type { JobRow } from '@fatbuildr/database';
import type { HostReport, KeyringInfo, Order } from '@fatbuildr/domain';

/*
 * Documents as this program stored them: checked when they came in, and not again each time they are looked at. What
 * goes out to a host is checked by the schema of the answer.
 */

export function storedOrder({ orderJson }: Pick<JobRow, 'orderJson'>): Order {
  return JSON.parse(orderJson) as Order;
}

export function storedReport(reportJson: string): HostReport {
  return JSON.parse(reportJson) as HostReport;
}

export function storedKeyring(infoJson: string): KeyringInfo {
  return JSON.parse(infoJson) as KeyringInfo;
}
