import { chown, lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import { Failure, type FarmRepository, type RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { mockConfig } from '@fatbuildr/formats';
import type { UsedTree } from '../../trees/tree-store.ts';
import { ORDINARY_USER } from '../build/build.ts';
import { forceArchitecture } from '../foreign.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { withNamedRepositories } from './mock-named.ts';
import { outputTail } from './output-tail.ts';
import { CONFIG, type OpenRepositories, openRepositories } from './repositories.ts';

/** Where roots and results are, in the container of mock. */
const BASE = '/build/mock';
const RESULT = '/build/result';

/** Who mock drops its rights to. */
const USER = ORDINARY_USER;

/** mock of the tool image. */
export interface Mock {
  run(call: MockCall): Promise<{ status: number; output: string }>;
  /** What it installs from. */
  readonly repositories: OpenRepositories;
}

export interface MockCall {
  /** Unique within the job; also of its result directory. */
  name: string;
  args: readonly string[];
  /** A directory on this host for packages and logs; made if missing. */
  result: string;
  mounts?: readonly Mount[];
  /** Sees the output beside the log: mock's own, and what it writes to build.log and root.log. */
  onOutput?: ((chunk: Buffer) => void) | undefined;
}

/** What the root log says of mock's own doings. */
const CHATTER =
  '^DEBUG [^ ]+ +(child environment|Child return code|Executing command|kill orphans|touching|ensuring|create|copying)';

/**
 * mock works as the group of its name, which its package makes. Its logs are followed while it runs: what it prints
 * itself says little.
 */
const SCRIPT = `
result=$1; shift
touch "$result/build.log" "$result/root.log"
chown -R ${USER.name}:mock "$result"
chgrp mock ${BASE} && chmod 2775 ${BASE}
"$@" & pid=$!
tail -q -n +1 -s 0.2 --pid=$pid -F "$result/build.log" "$result/root.log" 2>/dev/null |
  grep --line-buffered -vE '${CHATTER}' & followed=$!
wait $pid; status=$?
wait $followed
exit $status
`;

/** Whether a tool image has mock. */
export async function hasMock({ root }: Pick<UsedTree, 'root'>): Promise<boolean> {
  return (await lstat(join(root, 'usr/bin/mock')).catch(() => undefined)) !== undefined;
}

/** Readies mock for a recipe, with its roots in the tree at `base`. */
export async function openMock(
  host: Host,
  job: Job,
  image: UsedTree,
  recipe: RpmEnvironmentRecipe,
  { base, tag, farm }: { base: string; tag: string | undefined; farm: FarmRepository | null },
): Promise<Mock> {
  if (!(await hasMock(image))) throw noMock();
  const open = await openRepositories(
    host,
    job,
    image.root,
    await withNamedRepositories(host, job, image, recipe),
    farm,
  );
  const { network, dnfConfig, config } = open;
  const { mock: named, architecture, releasever, dbpath, modules } = recipe;
  const text = mockConfig({
    ...{ named, architecture, releasever, dbpath, modules, tag, dnfConfig },
    baseDirectory: BASE,
  });
  await writeFile(join(config, 'mock.cfg'), text);

  return {
    repositories: open,
    async run({ name, args, result, mounts = [], onOutput }) {
      await mkdir(result, { recursive: true });
      await chown(result, USER.uid, USER.gid);
      const tail = outputTail((chunk) => {
        onOutput?.(chunk);
        job.log.output(chunk);
      });
      const options = [`--root=${CONFIG}/mock.cfg`, `--resultdir=${RESULT}`, ...forceArchitecture(recipe, host)];
      const call = [...(host.commands.mock ?? ['mock']), ...options, ...args];
      const exit = await runInImage(host, job, image.root, {
        name,
        command: ['/bin/sh', '-c', SCRIPT, 'sh', RESULT, ...call],
        network: network.network,
        environment: {
          ...{ LANG: 'C.UTF-8', HOME: '/root' },
          ...{ SUDO_UID: `${USER.uid}`, SUDO_GID: `${USER.gid}`, SUDO_USER: USER.name },
        },
        mounts: [{ source: base, target: BASE }, { source: result, target: RESULT }, ...open.mounts, ...mounts],
        onOutput: tail.write,
      });
      job.log.line(network.summary());
      return { status: exitStatus(exit), output: tail.text() };
    },
  };
}

function noMock(): Failure {
  return new Failure('infrastructure-failure', 'The tool image for rpm packages of this build host has no mock.', {
    hint: 'Make it of Fedora (images.rpm.distribution), or set "builder: rpmbuild" of the distribution.',
  });
}
