import type { WorkerRow } from '@fatbuildr/database';
import type { Host } from './capabilities.ts';

/** Why a host gets no new jobs, be it online or not, in words; undefined when it does. */
export function whyPaused({ row, report }: Host): string | undefined {
  if (row.quarantine !== null) return `quarantined: ${row.quarantine}`;
  if (row.draining) return 'drained by an administrator';
  return report.full;
}

/** The instances a host serves: those it is allowed to, of them those it wants to; null for all. */
export function servedInstances({ row, report }: Host): string[] | null {
  const allowed = allowedInstances(row);
  if (report.instances === undefined) return allowed;
  return allowed ? allowed.filter((one) => report.instances?.includes(one)) : report.instances;
}

/** The instances that the administrator lets a worker serve; null for all. */
function allowedInstances(row: WorkerRow): string[] | null {
  return row.instancesJson === null ? null : (JSON.parse(row.instancesJson) as string[]);
}

/** Whether a host takes jobs of an instance. */
export function serves(host: Host, instance: string): boolean {
  return servedInstances(host)?.includes(instance) ?? true;
}
