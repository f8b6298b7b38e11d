import { Failure, type RpmEnvironmentRecipe, RpmSource } from '@fatbuildr/domain';
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
others = ("priority", "cost", "excludepkgs", "exclude", "includepkgs", "module_hotfixes")
found = []
for name in parser.sections():
    section = parser[name]
    if name == "main" or section.get("enabled", "1").lower() in ("0", "no", "false"):
        continue
    values = {key: section[key].strip() for key in keys if section.get(key, "").strip()}
    if section.get("gpgcheck", "1") in ("0", "no", "false"):
        values.pop("gpgkey", None)
    more = {key: " ".join(section[key].split()) for key in others if section.get(key, "").strip()}
    found.append({"id": name, **values, "options": more})
json.dump(found, sys.stdout)
`;

/** The farm's own repositories have the first priorities, one for each derivative. */
const PRIORITIES_OF_THE_FARM = 20;
const LAST_PRIORITY = 99;

/** A repository may have several addresses there: the list of mirrors counts. */
const Found = z.array(RpmSource).transform((all) =>
  all.map(({ metalink, mirrorlist, baseurl, options = {}, ...rest }): RpmSource => {
    const one = { ...rest, options: behindTheFarm(options) };
    if (metalink !== undefined) return { ...one, metalink };
    if (mirrorlist !== undefined) return { ...one, mirrorlist };
    return baseurl === undefined ? one : { ...one, baseurl: baseurl.split(/\s+/)[0] ?? baseurl };
  }),
);

function behindTheFarm({ priority, ...options }: Record<string, string>): Record<string, string> {
  const own = Number.parseInt(priority ?? '', 10);
  if (Number.isNaN(own)) return options;
  return { ...options, priority: `${Math.min(own + PRIORITIES_OF_THE_FARM, LAST_PRIORITY)}` };
}

/** A program that prints what {@link readNamed} reads, where mock is. */
export function namedCommand(name: string): [string, ...string[]] {
  return ['python3', '-W', 'ignore', '-c', SCRIPT, name];
}

/** The repositories that are told there; undefined where there are none. */
export function readNamed(text: string): RpmSource[] | undefined {
  const found = Found.safeParse(parsed(text));
  return found.success && found.data.length > 0 ? found.data : undefined;
}

/** A recipe with its repositories: where it names a configuration that mock comes with, those that are told there. */
export async function withNamedRepositories(
  host: Host,
  job: Job,
  image: UsedTree,
  recipe: RpmEnvironmentRecipe,
): Promise<RpmEnvironmentRecipe> {
  if (recipe.mock === null) return recipe;
  return { ...recipe, repositories: await namedRepositories(host, job, image, recipe.mock) };
}

/** The repositories of a configuration that mock comes with, `rocky-9-x86_64`. */
async function namedRepositories(host: Host, job: Job, image: UsedTree, name: string): Promise<RpmSource[]> {
  const answer: Buffer[] = [];
  const exit = await runInImage(host, job, image.root, {
    name: 'mock-config',
    command: namedCommand(name),
    environment: { LANG: 'C.UTF-8', HOME: '/root' },
    onStdout: (chunk) => void answer.push(chunk),
  });
  const found = exitStatus(exit) === 0 ? readNamed(Buffer.concat(answer).toString()) : undefined;
  if (found !== undefined) return found;
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
