import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AptEntry, environmentSources, type HostMirrors } from '@fatbuildr/config';
import { type BuildOsiOrder, Failure } from '@fatbuildr/domain';
import { dnfRepositoryFile, farmRepositories, farmSourceFiles, type ImageSettings } from '@fatbuildr/formats';
import type { Rule } from '../../network/rules.ts';
import { writeAptSources } from '../../trees/apt-sources.ts';
import { FEDORA_KEYS } from '../../trees/image-archives.ts';
import type { Build } from '../build/build.ts';
import { farmRules, farmUrl } from '../farm-url.ts';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';

/** Where the packages of an image come from. */
export interface Archives {
  network: ProxiedNetwork;
  /** Options for mkosi. */
  options: string[];
  /** A tree for mkosi to lay over its own `/etc`: sources, keys, the farm's own repository. */
  sandbox: string;
}

/** Distributions whose packages apt installs; dnf installs those of the others that mkosi knows. */
const WITH_APT = ['debian', 'ubuntu', 'kali'];
const FARM_KEY = 'etc/pki/farm.asc';

/**
 * Opens the network to the archives that the instance allows, and to the farm's own repository.
 *
 * @throws Failure `rejected` when the definition wants packages from elsewhere
 */
export async function openArchives(build: Build<BuildOsiOrder>, settings: ImageSettings): Promise<Archives> {
  const { host, job } = build;
  const { target } = job.order;
  const mirrors = await host.mirrors();
  const allowed = target.mirrors.length > 0 ? target.mirrors : ownMirrors(mirrors);
  refuseForeign(settings, allowed, target.distribution);
  const sandbox = join(job.workspace, 'sandbox');
  await mkdir(sandbox);
  const { sources, options } = chooseArchive(settings, target, mirrors);
  if (sources.length > 0) await writeAptSources(sandbox, sources);
  const farm = await addFarm(build, settings, sandbox);
  const keys = settings.distribution === 'fedora' ? [{ url: FEDORA_KEYS }] : [];
  const network = await openProxiedNetwork(host, job, [...allowed.map((url) => ({ url })), ...keys, ...farm]);
  return { network, options, sandbox };
}

function ownMirrors({ mirror, security }: HostMirrors): string[] {
  return [mirror, security].flatMap((one) => one?.uri ?? []);
}

function refuseForeign({ mirror }: ImageSettings, allowed: readonly string[], distribution: string): void {
  if (mirror === undefined || allowed.some((one) => `${mirror}/`.startsWith(`${one}/`))) return;
  throw new Failure('rejected', `The image wants packages from ${mirror}, which its distribution does not allow.`, {
    hint: `Leave Mirror= out, or have it added to "mirrors" of ${distribution} in the instance's file; allowed: ${allowed.join(', ') || 'none'}.`,
  });
}

/**
 * For Debian the sources are named one by one: left alone, mkosi adds repositories of debug symbols, which mirrors seldom
 * have.
 */
function chooseArchive(
  { distribution, release, mirror, repositories }: ImageSettings,
  target: BuildOsiOrder['target'],
  host: HostMirrors,
): { sources: AptEntry[]; options: string[] } {
  // Made of what the definition brings along.
  if (distribution === 'custom') return { sources: [], options: [] };
  const chosen = mirror ?? target.mirrors[0] ?? null;
  const isDebian = distribution === 'debian';
  if (chosen === null && !(isDebian && host.mirror)) {
    throw new Failure('rejected', `No mirror is known for an image of ${distribution}.`, {
      hint: `Name one in "mirrors" of ${target.distribution} in the instance's file.`,
    });
  }
  if (isDebian) {
    const fromHost = chosen === null && !['sid', 'unstable'].includes(release);
    const archives = {
      name: target.distribution,
      suite: release,
      components: ['main', ...repositories],
      suites: fromHost ? [`${release}-updates`] : [],
      mirror: chosen,
      security: fromHost && host.security ? { suite: `${release}-security` } : null,
    };
    return { sources: environmentSources(archives, host), options: [] };
  }
  const keys = distribution === 'fedora' ? ['--repository-key-fetch=yes'] : [];
  return { sources: [], options: [...(mirror === undefined ? [`--mirror=${chosen}`] : []), ...keys] };
}

/** The farm's own packages, checked by its key, where the image takes packages of that format. */
async function addFarm(build: Build<BuildOsiOrder>, settings: ImageSettings, sandbox: string): Promise<Rule[]> {
  const { host, job } = build;
  const { farm, target, architecture } = job.order;
  const packages = WITH_APT.includes(settings.distribution) ? 'deb' : 'rpm';
  if (farm === null || target.packages !== packages) return [];
  const url = farmUrl(host.apiUrl, farm.path);
  const { suite, components, origin, publicKey } = farm;
  const files =
    packages === 'deb'
      ? farmSourceFiles({ url, distribution: suite, derivatives: components, origin, publicKey })
      : [
          { path: `/${FARM_KEY}`, text: publicKey },
          {
            path: '/etc/yum.repos.d/farm.repo',
            text: dnfRepositoryFile(farmRepositories(farm, { url, gpgkey: `file:///${FARM_KEY}`, architecture })),
          },
        ];
  for (const { path, text } of files) {
    const file = join(sandbox, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  job.log.line(`packages of this farm: ${suite} ${components.join(' ')}`);
  return farmRules(host, farm);
}
