import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostMirrors } from '@fatbuildr/config';
import { type BuildOsiOrder, Failure } from '@fatbuildr/domain';
import { dnfRepositoryFile, farmRepositories, farmSourceFiles, type ImageSettings } from '@fatbuildr/formats';
import type { Rule } from '../../network/rules.ts';
import { writeAptSources } from '../../trees/apt-sources.ts';
import { FEDORA_KEYS } from '../../trees/image-archives.ts';
import type { Build } from '../build/build.ts';
import { farmRules, farmUrl } from '../farm-url.ts';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';
import { type AskedArchives, aptArchives } from './apt-archives.ts';
import { suitesThatExist } from './archive-suites.ts';

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
/**
 * Those whose sources are named one by one, and the keyring in the tool image that they are checked with. Left alone, mkosi
 * adds repositories of debug symbols, which mirrors seldom have, and the security archive of the distribution's own host.
 */
const KEYRINGS: Record<string, string> = {
  debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
};
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
  const archives = target.mirrors.length > 0 ? target.mirrors : ownMirrors(mirrors);
  const allowed = [...new Set([...(target.security ? [target.security.mirror] : []), ...archives])];
  refuseForeign(settings, allowed, target.distribution);
  const sandbox = join(job.workspace, 'sandbox');
  await mkdir(sandbox);
  const mirror = chooseArchive(settings, target, mirrors);
  const farm = await addFarm(build, settings, sandbox);
  const keys = settings.distribution === 'fedora' ? [{ url: FEDORA_KEYS }] : [];
  const network = await openProxiedNetwork(host, job, [...allowed.map((url) => ({ url })), ...keys, ...farm]);
  const archive = { settings, target, mirror, allowed, host: mirrors };
  return { network, options: await useArchive(build, archive, { sandbox, network }), sandbox };
}

/** Has mkosi take packages from an archive; returns options for it. */
async function useArchive(
  build: Build<BuildOsiOrder>,
  archive: AskedArchives & { settings: ImageSettings },
  { sandbox, network }: Pick<Archives, 'sandbox' | 'network'>,
): Promise<string[]> {
  const { log } = build.job;
  const { settings, mirror } = archive;
  // Made of what the definition brings along.
  if (settings.distribution === 'custom') return [];
  const keyring = KEYRINGS[settings.distribution];
  if (keyring === undefined) {
    const keys = settings.distribution === 'fedora' ? ['--repository-key-fetch=yes'] : [];
    return [...(settings.mirror === undefined ? [`--mirror=${mirror}`] : []), ...keys];
  }
  const { sources, warnings } = await aptArchives(archive, (suites) => suitesThatExist(build, network, suites));
  for (const { uri, suite, components } of sources) log.line(`packages of ${uri}: ${suite} ${components.join(' ')}`);
  for (const warning of warnings) log.line(warning);
  await writeAptSources(sandbox, sources, keyring);
  return [];
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

/** The archive that an image is made from; none where it takes no packages. */
function chooseArchive(
  { distribution, mirror }: ImageSettings,
  target: BuildOsiOrder['target'],
  host: HostMirrors,
): string {
  if (distribution === 'custom') return '';
  const chosen = mirror ?? target.mirrors[0] ?? (distribution === 'debian' ? host.mirror?.uri : undefined);
  if (chosen !== undefined) return chosen;
  throw new Failure('rejected', `No mirror is known for an image of ${distribution}.`, {
    hint: `Name one in "mirrors" of ${target.distribution} in the instance's file.`,
  });
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
