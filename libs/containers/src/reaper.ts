import { mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLimitGroups } from './cgroups.ts';
import { listJobNetworks, removeJobNetwork } from './network.ts';
import { killContainersIn } from './orphans.ts';
import { removeTree } from './remove-tree.ts';
import { belongsTo } from './workspace.ts';

export interface ReapOptions {
  /** Directory of the workspaces, of this worker alone. */
  workspaces: string;
  /** Whether an attempt owns the workspace of that name. Asked right before it is touched. */
  isLive: (workspace: string) => boolean;
}

export interface ReapReport {
  /** Workspaces cleared with all that belonged to them. */
  removed: string[];
  /** Those that resist, and why; the next call tries them again. */
  failed: { workspace: string; reason: string }[];
}

/**
 * Removes containers, job networks, control groups, mounts and workspaces that no live attempt owns.
 *
 * A workspace is the mark of ownership: what does not begin with the name of one of these is another's and is left alone.
 * Safe at any time beside live jobs, provided an attempt is live from before its workspace is made; calls may overlap.
 */
export async function reap({ workspaces, isLive }: ReapOptions): Promise<ReapReport> {
  await mkdir(workspaces, { recursive: true });
  const directory = await realpath(workspaces);
  const report: ReapReport = { removed: [], failed: [] };
  for (const workspace of await readdir(directory)) {
    if (isLive(workspace)) continue;
    try {
      await clear(directory, workspace);
      report.removed.push(workspace);
    } catch (error) {
      report.failed.push({ workspace, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return report;
}

async function clear(directory: string, workspace: string): Promise<void> {
  const path = join(directory, workspace);
  await killContainersIn(path);
  for (const network of await listJobNetworks()) {
    if (belongsTo(workspace, network)) await removeJobNetwork(network);
  }
  await removeLimitGroups((container) => belongsTo(workspace, container));
  await removeTree(path);
}
