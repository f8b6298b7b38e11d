import { chown, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Mount, mountOverlay } from '@fatbuildr/containers';
import { archName, type BuildRpmOrder, type Failure } from '@fatbuildr/domain';
import { BUILD_USER, buildMacros } from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { type Dnf, openDnf } from '../rpm/dnf.ts';
import { outputTail } from '../rpm/output-tail.ts';
import { besideDnf } from '../rpm/shell-place.ts';
import { exitStatus, runInTree } from '../run-in-image.ts';
import type { ShellPlace } from '../shell-place.ts';

/** The environment of one build: an overlay that is thrown away. */
export interface Chroot {
  readonly root: string;
  dnf: Dnf;
  /** How the configuration wants rpmbuild called. */
  rpmbuild: readonly string[];
  /** Runs a command in it as the ordinary user that builds, without network. */
  run(command: ChrootCommand): Promise<{ status: number; output: string }>;
  /** It, for people to look at when the build failed; where dependencies were not met, with the dnf that is to install them. */
  left(failure: Failure): Promise<ShellPlace>;
  /** Lays a tree over the environment, before anything but the home of the build user is of use in it; once. */
  lay(layer: string): Promise<void>;
  /** Makes a directory on this host that the build may write to, and nobody can lead elsewhere: it is a mount there. */
  outbox(name: string): Promise<string>;
}

export interface ChrootCommand {
  /** Unique within the job. */
  name: string;
  command: readonly [string, ...string[]];
  mounts?: readonly Mount[];
  environment?: Record<string, string>;
  /** Sees the output beside the log. */
  onOutput?: ((chunk: Buffer) => void) | undefined;
}

const ENVIRONMENT = { LANG: 'C.UTF-8', HOME: BUILD_USER.home };

export async function openChroot({ host, job, image, environment }: PackageBuild<BuildRpmOrder>): Promise<Chroot> {
  const { recipe, target, farm } = job.order;
  const workspace = join(job.workspace, 'environment');
  await makeHome(workspace);
  let overlay = await mountOverlay({ lower: [environment.root], workspace });
  job.defer(overlay.unmount);
  const macros = await writeMacros(job.workspace, buildMacros({ dbpath: recipe.dbpath, tag: target.tag }));
  const dnf = await openDnf(host, job, image.root, recipe, farm);

  return {
    get root() {
      return overlay.merged;
    },
    dnf,
    async left({ outcome }) {
      const place = { workingDirectory: `${BUILD_USER.home}/build`, environment: ENVIRONMENT, mounts: [macros] };
      if (outcome !== 'dependency-failure') return { root: overlay.merged, ...place };
      return besideDnf(job, { tree: overlay.merged, image: image.root, dnf, ...place });
    },
    // Some take a machine of 32 bits for an older one than packages are made for.
    rpmbuild: [...(host.commands.rpmbuild ?? ['rpmbuild']), ...target32(recipe.architecture)],
    async run({ name, command, mounts = [], environment: more = {}, onOutput }) {
      const tail = outputTail((chunk) => {
        onOutput?.(chunk);
        job.log.output(chunk);
      });
      const exit = await runInTree(host, job, overlay.merged, {
        name,
        command,
        user: BUILD_USER.name,
        workingDirectory: BUILD_USER.home,
        environment: { ...ENVIRONMENT, ...more },
        mounts: [macros, ...mounts],
        onOutput: tail.write,
      });
      return { status: exitStatus(exit), output: tail.text() };
    },
    async lay(layer) {
      await overlay.unmount();
      const workspace = join(job.workspace, 'warm');
      // Not the whole upper layer: overlayfs hides what lies below a directory that was new when it was made.
      const home = join(workspace, 'upper', BUILD_USER.home);
      await mkdir(dirname(home), { recursive: true });
      await rename(join(overlay.upper, BUILD_USER.home), home);
      overlay = await mountOverlay({ lower: [layer, environment.root], workspace });
      // Before the layer is let go of, which was deferred earlier: what is mounted is not collected.
      job.defer(overlay.unmount);
    },
    async outbox(name) {
      const path = join(job.workspace, name);
      await mkdir(path);
      await chown(path, BUILD_USER.uid, BUILD_USER.gid);
      return path;
    },
  };
}

/** The home of the user that builds, in an upper layer before anything is mounted: a link in the tree cannot lead elsewhere. */
async function makeHome(workspace: string): Promise<void> {
  const home = join(workspace, 'upper', BUILD_USER.home);
  await mkdir(home, { recursive: true });
  await chown(home, BUILD_USER.uid, BUILD_USER.gid);
}

/**
 * The macros of a build, for a place that rpm reads. As a mount, which is looked up from within: scripts of packages wrote
 * to the tree as root, and a link that they left there must not have this host write for them.
 */
async function writeMacros(workspace: string, text: string): Promise<Mount> {
  const source = join(workspace, 'macros.farm');
  await writeFile(source, text);
  return { source, target: '/etc/rpm/macros.farm', readOnly: true };
}

function target32(architecture: string): string[] {
  return architecture === 'i386' ? [`--target=${archName(architecture, 'rpm')}`] : [];
}
