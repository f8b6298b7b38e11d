import { serves, whyPaused } from '../availability.ts';
import type { Host } from '../capabilities.ts';
import type { Change } from '../context.ts';
import { unprocessable } from '../refusal.ts';
import { buildHosts } from '../requirements.ts';
import { isOnline } from '../timing.ts';

/** The hosts that serve an instance: those of them that are online, or all when none is: then the task waits for them. */
export async function presentHosts(tx: Change, instance: string): Promise<Host[]> {
  const hosts = (await buildHosts(tx)).filter((host) => serves(host, instance));
  if (hosts.length === 0) {
    throw unprocessable(
      `No worker serves instance ${instance}.`,
      'Add one that does: fatbuildrctl workers add NAME --for-instance …',
    );
  }
  const online = hosts.filter((host) => isOnline(host.row, tx.now) && whyPaused(host) === undefined);
  return online.length > 0 ? online : hosts;
}

/** Those whose own architecture, that of their tool images, is one of those asked for. */
export function hostsOfArchitectures(hosts: Host[], wanted: string[] | undefined): Host[] {
  if (wanted === undefined) return hosts;
  const native = ({ report }: Host) => report.architectures[0] ?? '';
  const found = hosts.filter((host) => wanted.includes(native(host)));
  if (found.length > 0) return found;
  const known = [...new Set(hosts.map(native))].toSorted().join(', ');
  throw unprocessable(`No worker is of architecture ${wanted.join(' or ')}.`, `Workers are of: ${known}.`);
}
