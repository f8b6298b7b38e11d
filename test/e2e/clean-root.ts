import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostMirrors } from '@fatbuildr/config';
import { mountOverlay, removeTree } from '@fatbuildr/containers';
import { execa } from 'execa';
import { cache } from './kept.ts';
import { scratch } from './packages.ts';
import { farm } from './this-farm.ts';

/** A machine of a user of the repository: a minimal Debian that knows the farm and no other archive. */
export interface CleanRoot {
  /** Runs a command in it, on the host's network; throws when it fails. Returns what it printed. */
  run(...command: string[]): Promise<string>;
  /** `apt-get update`; whatever goes wrong is an error. */
  update(): Promise<string>;
  install(...packages: string[]): Promise<string>;
  /** The versions of a package that apt offers, best first. */
  offered(name: string): Promise<string[]>;
  remove(): Promise<void>;
}

/** Set up with the ready-made `.sources` file of a distribution, as a user would download it. */
export async function cleanRoot(distribution = 'bookworm', instance = 'default'): Promise<CleanRoot> {
  const workspace = await scratch();
  const { merged } = await mountOverlay({ lower: [await minimalTree()], workspace });
  const response = await fetch(`${farm.url}/${instance}/deb/${distribution}.sources`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  await writeFile(join(merged, 'etc/apt/sources.list.d/farm.sources'), await response.text());

  async function run(...command: string[]): Promise<string> {
    const nspawn = ['--quiet', '--register=no', '--keep-unit', '--directory', merged, '--pipe'];
    const variables = ['--setenv=DEBIAN_FRONTEND=noninteractive', '--setenv=LC_ALL=C'];
    const { stdout } = await execa('systemd-nspawn', [...nspawn, ...variables, '--', ...command]);
    return stdout;
  }

  return {
    run,
    update: () => run('apt-get', '-o', 'APT::Update::Error-Mode=any', 'update'),
    install: (...packages) => run('apt-get', 'install', '--yes', '--no-install-recommends', ...packages),
    async offered(name) {
      const rows = (await run('apt-cache', 'madison', name)).split('\n').map((line) => line.split('|'));
      return rows.filter(([, , archive]) => archive?.includes('Packages')).map((row) => row[1]?.trim() ?? '');
    },
    remove: () => removeTree(workspace),
  };
}

/** Made once and kept: a Debian with apt, without any sources of its own. */
async function minimalTree(): Promise<string> {
  const tree = join(cache, 'e2e/apt-bookworm');
  if (await stat(tree).catch(() => undefined)) return tree;
  await mkdir(join(cache, 'e2e'), { recursive: true });
  const draft = await mkdtemp(`${tree}.`);
  const { mirror } = await hostMirrors();
  const keyring = mirror?.signedBy === undefined ? [] : [`--keyring=${mirror.signedBy}`];
  const archive = mirror === undefined ? [] : [mirror.uri];
  await execa('mmdebstrap', ['--quiet', '--variant=apt', ...keyring, 'bookworm', draft, ...archive]);
  await rm(join(draft, 'etc/apt/sources.list'), { force: true });
  await rm(join(draft, 'etc/apt/sources.list.d'), { recursive: true, force: true });
  await mkdir(join(draft, 'etc/apt/sources.list.d'));
  await rename(draft, tree);
  return tree;
}
