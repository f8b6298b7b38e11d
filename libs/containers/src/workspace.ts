import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from './remove-tree.ts';

export interface Workspace {
  name: string;
  path: string;
  /** Unmounts and deletes everything in it, see `removeTree`. May be called again. */
  remove(): Promise<void>;
}

/**
 * Makes the directory an attempt works in. It is also the mark of ownership: containers and networks whose names begin
 * with its name belong to it, so it is made first and removed last. An existing one is an error: attempts have ids of
 * their own.
 *
 * @param name letters, digits and `.`; no `-`, which sets a container's suffix apart.
 */
export async function createWorkspace(directory: string, name: string): Promise<Workspace> {
  if (!isWorkspaceName(name)) throw new Error(`not a name for a workspace: ${name}`);
  const path = join(directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  mkdirSync(path, { mode: 0o700 });
  return { name, path, remove: () => removeTree(path) };
}

/** Whether `name` (of a container, a network, a control group) belongs to the workspace: it is its name or begins with it and `-`. */
export function belongsTo(workspace: string, name: string): boolean {
  return name === workspace || name.startsWith(`${workspace}-`);
}

function isWorkspaceName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.]*$/.test(name);
}
