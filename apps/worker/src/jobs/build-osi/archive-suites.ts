import { type BuildOsiOrder, Failure } from '@fatbuildr/domain';
import type { Build } from '../build/build.ts';
import type { ProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import type { ArchiveSuite } from './apt-archives.ts';

/**
 * Prints which of its arguments, directories of suites, are there, by number. What cannot be told is no answer: an image
 * without security updates is not to come of a mirror that is down for a minute.
 */
export const PROBE = `
import sys, urllib.error, urllib.request
def exists(suite):
    for name in ("InRelease", "Release"):
        request = urllib.request.Request(suite + "/" + name, method="HEAD", headers={"User-Agent": "Debian APT-HTTP/1.3"})
        try:
            urllib.request.urlopen(request, timeout=60).close()
            return True
        except urllib.error.HTTPError as error:
            # some stores of files say 403 of what they do not have
            if error.code not in (403, 404, 410):
                raise
    return False
for number, suite in enumerate(sys.argv[1:]):
    try:
        if exists(suite):
            print(number)
    except OSError as error:
        sys.exit(suite + ": " + str(error))
`;

/** Asks archives which of `suites` they have. @throws Failure `infrastructure-failure` when one of them does not say */
export async function suitesThatExist(
  { host, job, image }: Build<BuildOsiOrder>,
  { network, proxyUrl }: ProxiedNetwork,
  suites: readonly ArchiveSuite[],
): Promise<ArchiveSuite[]> {
  let answer = '';
  const exit = await runInImage(host, job, image.root, {
    name: 'suites',
    command: [
      'python3',
      '-I',
      '-c',
      PROBE,
      ...suites.map(({ mirror, suite }) => `${mirror.replace(/\/+$/, '')}/dists/${suite}`),
    ],
    user: 'nobody',
    network,
    environment: { LANG: 'C.UTF-8', http_proxy: proxyUrl, https_proxy: proxyUrl },
    onStdout: (chunk) => {
      answer += chunk.toString();
    },
  });
  if (exitStatus(exit) !== 0) {
    const mirrors = [...new Set(suites.map(({ mirror }) => mirror))];
    throw new Failure('infrastructure-failure', 'The archives could not be asked which suites they have.', {
      hint: `The log says why; they must answer this build host: ${mirrors.join(', ')}.`,
    });
  }
  const numbers = answer.split('\n').filter(Boolean).map(Number);
  return suites.filter((_, number) => numbers.includes(number));
}
