import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDebOrder, FileRef } from '@fatbuildr/domain';
import type { UsedTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';

/** What every step of a deb build works with. */
export interface DebBuild {
  readonly host: Host;
  readonly job: Job<BuildDebOrder>;
  readonly image: UsedTree;
  readonly environment: UsedTree;
  readonly directory: Directories;
}

/** The directories of a build on this host. */
export interface Directories {
  /** What `prepare` reads and writes as an ordinary user: everything in it may be a user's work. */
  prepare: string;
  /** What pbuilder leaves. */
  result: string;
  hooks: string;
}

/** A source package ready to build: the .dsc and all it lists lie in `directory`. */
export interface ReadySource {
  name: string;
  version: string;
  dsc: string;
  files: FileRef[];
  /** On this host. */
  directory: string;
}

/** Who `prepare` and lintian run as: every Debian has this user. */
export const ORDINARY_USER = { name: 'nobody', uid: 65_534, gid: 65_534 };

export async function prepareWorkspace(workspace: string): Promise<Directories> {
  const directory = {
    prepare: join(workspace, 'prepare'),
    result: join(workspace, 'result'),
    hooks: join(workspace, 'hooks'),
  };
  for (const path of Object.values(directory)) await mkdir(path);
  await chown(directory.prepare, ORDINARY_USER.uid, ORDINARY_USER.gid);
  return directory;
}
