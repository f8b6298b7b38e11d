import { lstat, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '@fatbuildr/domain';
import type { ProxiedNetwork } from '../proxied-network.ts';
import type { ShellPlace } from '../shell-place.ts';
import type { Chroot } from './environment.ts';

/** Where pbuilder unpacks and builds, in the chroot. */
const BUILD = '/build';

/** What pbuilder left of a build in its chroot, which is nobody else's: it does not clean up a tree that is not its own. */
export async function failedTree(
  { chroot, network: { network, proxyUrl } }: { chroot: Chroot; network: ProxiedNetwork },
  { outcome }: Failure,
): Promise<ShellPlace> {
  const root = chroot.mounts[0]?.source ?? '';
  const environment = { LANG: 'C.UTF-8', DEB_BUILD_OPTIONS: `parallel=${availableParallelism()}` };
  const place = { root, workingDirectory: await unpackedIn(root) };
  // what could not be installed can be looked for as apt did
  if (outcome === 'dependency-failure')
    return { ...place, network, environment: { ...environment, http_proxy: proxyUrl } };
  return { ...place, environment };
}

/** The unpacked source package; the root where nothing was unpacked. What the package did there is not trusted. */
async function unpackedIn(root: string): Promise<string> {
  const directory = join(root, BUILD);
  if (!(await isDirectory(directory))) return '/';
  const names = (await readdir(directory)).filter((name) => /^[a-z0-9][A-Za-z0-9.+~_-]*$/.test(name));
  for (const name of names) if (await isDirectory(join(directory, name))) return join(BUILD, name);
  return '/';
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}
