import type { WorkerRow } from '@fatbuildr/database';
import type { Format, HostReport } from '@fatbuildr/domain';
import { storedReport } from './stored.ts';

/** The queue of the publisher, and the name of its pool. */
export const PUBLISHER = 'publisher';

/** Formats that workers build. */
const BUILT_FORMATS = ['deb', 'rpm', 'osi'] as const satisfies readonly Format[];

/** The queue of builds that any host of a pool may take. */
export function buildCapability(pool: string, format: Format, architecture: string): string {
  return `${pool}.${format}.${architecture}`;
}

/** The queue of the same builds for another architecture. */
export function capabilityFor(capability: string, architecture: string): string {
  return `${capability.slice(0, capability.lastIndexOf('.'))}.${architecture}`;
}

/** What to do where no host of a pool builds for an architecture. */
export function howToServe(pool: string, architecture: string): string {
  const emulate = 'qemu-user-static and its binfmt_misc registration with flag F, see docs/administration.md';
  return `Add one of ${architecture}: fatbuildrctl workers add NAME --pool ${pool}; or let one emulate it: ${emulate}.`;
}

/** The queue of one host: operations on its images and environments. */
export function hostCapability(worker: string): string {
  return `worker.${worker}`;
}

/** A worker with what it said of itself. */
export interface Host {
  row: WorkerRow;
  report: HostReport;
}

/** The workers that have registered at least once, the publisher among them. */
export function hostsOf(rows: readonly WorkerRow[]): Host[] {
  return rows.flatMap((row) => (row.reportJson === null ? [] : [{ row, report: storedReport(row.reportJson) }]));
}

/** The queues that a host draws from. */
export function capabilitiesOf({ row, report }: Host): string[] {
  if (row.pool === PUBLISHER) return [PUBLISHER];
  const builds = BUILT_FORMATS.flatMap((format) =>
    report.architectures.map((architecture) => buildCapability(row.pool, format, architecture)),
  );
  return [hostCapability(row.id), ...builds];
}

/** The hosts that draw from `capability`. */
export function hostsFor(capability: string, hosts: readonly Host[]): Host[] {
  return hosts.filter((host) => capabilitiesOf(host).includes(capability));
}
