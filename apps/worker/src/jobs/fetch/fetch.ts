import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { createJobNetwork } from '@fatbuildr/containers';
import { type FoundDefinition, readGitResult } from '@fatbuildr/definition';
import { Failure, type FetchOrder } from '@fatbuildr/domain';
import { digestUntrusted } from '../../files/untrusted.ts';
import { createGateway, REPOSITORY_PATH } from '../../git/gateway.ts';
import { imageId } from '../../trees/tree-id.ts';
import { type Build, prepareWorkspace } from '../build/build.ts';
import { PREPARE_ROOT, runPrepare } from '../build/prepare.ts';
import { handIn, type ResultFile } from '../build/result-files.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';

const ARCHIVE = 'definition.tar.gz';

type Fetching = Pick<Build, 'host' | 'image' | 'directory'> & { job: Job<FetchOrder> };

/** Fetches the definition of a build from a git repository, and hands it in as if it had been uploaded. */
export function fetchDefinition(host: Host): Work<FetchOrder> {
  return async (job) => {
    const fetching = await begin(host, job);
    const found = await job.phase('sources', () => fetchRepository(fetching));
    const [archive] = await job.phase('collect', async () => handIn(job, [await packed(fetching)]));
    if (!archive) throw new Error('an archive was handed in, and is not there');
    return { build: null, fetched: { ...found, archive } };
  };
}

async function begin(host: Host, job: Job<FetchOrder>): Promise<Fetching> {
  const { format } = job.order;
  const image = await host.trees.use(imageId(format, host.architecture), `fatbuildrctl images create -f ${format}`);
  job.defer(async () => image.release());
  // The user is told at once: another attempt would end like this one, and count against the host.
  if (!(await lstat(join(image.root, 'usr/bin/git')).catch(() => undefined))) {
    throw new Failure('rejected', `The tool image for ${format} packages on this build host has no git.`, {
      hint: `Have it made anew: fatbuildrctl images update -f ${format}. Or send the definition along: fatbuildrctl build DIRECTORY`,
    });
  }
  job.log.line(`image ${image.held.generation}`);
  await job.api.trees({ image: image.held.generation, environment: null });
  return { host, job, image, directory: await prepareWorkspace(job.workspace) };
}

/** Has `prepare` fetch the repository, from a network that has nothing else. */
async function fetchRepository(fetching: Fetching): Promise<FoundDefinition> {
  const { job } = fetching;
  const { definition, artifact, allowPrivateSources, limits } = job.order;
  const { url, ref = null, subdir = null } = definition;
  const gateway = createGateway({ url, allowPrivate: allowPrivateSources, maxBytes: limits.sourceBytes });
  job.defer(async () => gateway.close());
  const network = await createJobNetwork({ name: job.id, onConnection: gateway.serve });
  job.defer(() => network.remove());
  try {
    const text = await runPrepare(
      fetching,
      {
        ...{ command: 'git', url: `${network.proxyUrl}${REPOSITORY_PATH}`, name: url, artifact, ref, subdir },
        directory: `${PREPARE_ROOT}/repository`,
        archive: `${PREPARE_ROOT}/${ARCHIVE}`,
      },
      { network: { kind: 'namespace', name: network.namespace } },
    );
    return readGitResult(text);
  } catch (error) {
    job.signal.throwIfAborted();
    // Of what happens on the other side git knows no more than that it failed.
    throw gateway.failure() ?? error;
  }
}

async function packed({ directory, job }: Fetching): Promise<ResultFile> {
  const path = join(directory.prepare, ARCHIVE);
  const { resultBytes = Number.MAX_SAFE_INTEGER } = job.order.limits;
  return { name: `${job.order.artifact}.tar.gz`, path, ...(await digestUntrusted(path, resultBytes)) };
}
