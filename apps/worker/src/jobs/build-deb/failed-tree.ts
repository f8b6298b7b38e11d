import { lstat, readdir, realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import { Failure } from '@fatbuildr/domain';
import type { Job } from '../job.ts';
import type { ProxiedNetwork } from '../proxied-network.ts';
import type { ShellPlace } from '../shell-place.ts';
import type { Chroot } from './environment.ts';

/** Where pbuilder unpacks and builds, in the chroot. */
const BUILD = '/build';

/** What pbuilder or cowbuilder left of a build, in a tree that is nobody else's. */
export async function failedTree(
  job: Job,
  { chroot, network: { network, proxyUrl } }: { chroot: Chroot; network: ProxiedNetwork },
  { outcome }: Failure,
): Promise<ShellPlace> {
  const root = await rootOf(job, chroot);
  const environment = { LANG: 'C.UTF-8', DEB_BUILD_OPTIONS: `parallel=${availableParallelism()}` };
  const place = { root, workingDirectory: await unpackedIn(root) };
  // what could not be installed can be looked for as apt did
  if (outcome === 'dependency-failure')
    return { ...place, network, environment: { ...environment, http_proxy: proxyUrl } };
  return { ...place, environment };
}

/**
 * pbuilder does not clean up a tree that is not its own. The copy that cowbuilder left shares its files with the
 * environment: an overlay is over it, so that whoever is in it changes neither.
 */
async function rootOf(job: Job, chroot: Chroot): Promise<string> {
  if (chroot.builder === 'pbuilder') return chroot.overlay.merged;
  const copy = await copyLeftIn(chroot.copiesHere);
  const overlay = await mountOverlay({ lower: [copy], workspace: join(job.workspace, 'left') });
  job.defer(overlay.unmount);
  return overlay.merged;
}

/** The copy, not a link: a build that got out of it can have put one there, to any place of this host. */
async function copyLeftIn(directory: string): Promise<string> {
  const names = await readdir(directory).catch(() => []);
  const copy = join(directory, names.find((name) => name.startsWith('cow.')) ?? 'cow');
  if ((await realpath(copy).catch(() => undefined)) === copy) return copy;
  throw new Failure('infrastructure-failure', 'cowbuilder left nothing of its copy', {
    hint: 'Its last lines in the log say why.',
  });
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
