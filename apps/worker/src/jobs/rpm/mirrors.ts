import { Failure, type RpmEnvironmentRecipe, type RpmSource } from '@fatbuildr/domain';
import { type DnfRepository, fillIn, mirrorsOf } from '@fatbuildr/formats';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { openProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';

/** A list of mirrors is a few hundred lines, bytes. */
const LONGEST_LIST = 1024 * 1024;

/** Reads the URL that is its argument, by the proxy of the environment. */
const FETCH = `
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
    sys.stdout.buffer.write(answer.read(${LONGEST_LIST}))
`;

/** The repositories of a recipe with addresses that need no look-up: dnf may reach those and nothing else. */
export async function findMirrors(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
): Promise<DnfRepository[]> {
  const found: DnfRepository[] = [];
  for (const source of recipe.repositories) {
    const { id, gpgkey, options } = source;
    const baseurls =
      source.baseurl === undefined ? await lookUp(host, job, image, source, recipe) : [fillIn(source.baseurl, recipe)];
    found.push({
      ...{ id, baseurls, gpgkey: gpgkey === undefined ? undefined : fillIn(gpgkey, recipe) },
      ...(options ? { options } : {}),
    });
  }
  return found;
}

async function lookUp(host: Host, job: Job, image: string, source: RpmSource, recipe: RpmEnvironmentRecipe) {
  const url = fillIn(source.metalink ?? source.mirrorlist ?? '', recipe);
  const name = `mirrors-${recipe.repositories.indexOf(source)}`;
  const network = await openProxiedNetwork(host, job, [{ url }], `${job.id}-${name}`);
  const answer: Buffer[] = [];
  const exit = await runInImage(host, job, image, {
    name,
    command: ['python3', '-I', '-c', FETCH, url],
    user: 'nobody',
    network: network.network,
    environment: { LANG: 'C.UTF-8', http_proxy: network.proxyUrl, https_proxy: network.proxyUrl },
    onStdout: (chunk) => void answer.push(chunk),
  });
  if (exitStatus(exit) === 0) {
    return mirrorsOf(source, Buffer.concat(answer).toString()).map((one) => fillIn(one, recipe));
  }
  throw new Failure('infrastructure-failure', `The mirrors of the repository ${source.id} could not be looked up.`, {
    hint: `The log says why; ${url} must answer this build host. Or set baseurl instead.`,
  });
}
