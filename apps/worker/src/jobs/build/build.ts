import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDebOrder, BuildOrder, BuildRpmOrder } from '@fatbuildr/domain';
import type { UsedTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';

/** What every step of a build works with. */
export interface Build<O extends BuildOrder = BuildOrder> {
  readonly host: Host;
  readonly job: Job<O>;
  readonly image: UsedTree;
  readonly directory: Directories;
}

export type PackageOrder = BuildDebOrder | BuildRpmOrder;

/** The build of a package, which is done in an environment. */
export interface PackageBuild<O extends PackageOrder = PackageOrder> extends Build<O> {
  readonly environment: UsedTree;
}

/** The directories of a build on this host. */
export interface Directories {
  /** What `prepare` reads and writes as an ordinary user: everything in it may be a user's work. */
  prepare: string;
  /** What the builder leaves. */
  result: string;
}

/** Who `prepare`, lintian and rpmlint run as: every tool image has this user. */
export const ORDINARY_USER = { name: 'nobody', uid: 65_534, gid: 65_534 };

export async function prepareWorkspace(workspace: string): Promise<Directories> {
  const directory = { prepare: join(workspace, 'prepare'), result: join(workspace, 'result') };
  for (const path of Object.values(directory)) await mkdir(path);
  await chown(directory.prepare, ORDINARY_USER.uid, ORDINARY_USER.gid);
  return directory;
}
