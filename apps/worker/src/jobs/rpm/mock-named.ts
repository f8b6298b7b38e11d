import { Failure, RpmSource } from '@fatbuildr/domain';
import { z } from 'zod';
import type { UsedTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';

/** Prints the repositories of a configuration of mock's own as JSON. */
const SCRIPT = `
import configparser, json, sys
from mockbuild import config
options = config.simple_load_config(sys.argv[1])
parser = configparser.ConfigParser(strict=False, interpolation=None)
parser.read_string(options["dnf.conf"].strip())
keys = ("baseurl", "metalink", "mirrorlist", "gpgkey")
found = []
for name in parser.sections():
    section = parser[name]
    if name == "main" or section.get("enabled", "1").lower() in ("0", "no", "false"):
        continue
    values = {key: section[key].strip() for key in keys if section.get(key, "").strip()}
    if section.get("gpgcheck", "1") in ("0", "no", "false"):
        values.pop("gpgkey", None)
    found.append({"id": name, **values})
json.dump(found, sys.stdout)
`;

/** A repository may have several addresses there: the list of mirrors counts. */
const Found = z.array(RpmSource).transform((all) =>
  all.map(({ metalink, mirrorlist, baseurl, ...one }): RpmSource => {
    if (metalink !== undefined) return { ...one, metalink };
    if (mirrorlist !== undefined) return { ...one, mirrorlist };
    return baseurl === undefined ? one : { ...one, baseurl: baseurl.split(/\s+/)[0] ?? baseurl };
  }),
);

/** The repositories of a configuration that mock comes with, `rocky-9-x86_64`. */
export async function namedRepositories(host: Host, job: Job, image: UsedTree, name: string): Promise<RpmSource[]> {
  const answer: Buffer[] = [];
  const exit = await runInImage(host, job, image.root, {
    name: 'mock-config',
    command: ['python3', '-W', 'ignore', '-c', SCRIPT, name],
    environment: { LANG: 'C.UTF-8', HOME: '/root' },
    onStdout: (chunk) => void answer.push(chunk),
  });
  const found = exitStatus(exit) === 0 ? Found.safeParse(parsed(Buffer.concat(answer).toString())) : undefined;
  if (found?.success && found.data.length > 0) return found.data;
  throw new Failure('infrastructure-failure', `mock has no configuration ${name} with repositories.`, {
    hint: 'mock --list-chroots in the tool image names those it has; or set repositories of the distribution instead.',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
