import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import { readUntrusted } from '../../files/untrusted.ts';

/** What dnf is to do beside what it is called for. */
export interface Tell {
  /** Packages that are installed too, where repositories have them. */
  besides: readonly string[];
}

/** A directory of a job by which a plugin of dnf and we tell each other. */
export interface Telling {
  options: string[];
  mounts: Mount[];
  /**
   * Stands for all that the transaction installs and removes: names, versions, digests of the packages. Undefined where
   * there was nothing to do, and where dnf takes no such plugins.
   */
  set(): Promise<string | undefined>;
}

const TELLING = '/build/telling';
const NAME = 'fatbuildr';
const SET = 'set';
const LONGEST_SET = 16 * 1024 ** 2;

/** Where the plugin is in the container; dnf 4 looks for it among its own. */
export const PLUGIN_FILE = `${TELLING}/${NAME}.py`;

/**
 * Python for dnf 4, see its documentation of plugins: `sack` is called before packages are asked for, `resolved` once it
 * is known which. It writes what the transaction comes to, a line for each package, into a directory.
 */
export function dnfPlugin({ besides }: Tell, directory: string): string {
  return `import dnf

class Fatbuildr(dnf.Plugin):
    name = '${NAME}'

    def sack(self):
        for name in ${JSON.stringify(besides)}:
            try:
                self.base.install(name)
            except dnf.exceptions.MarkingError:
                pass

    def resolved(self):
        transaction = self.base.transaction
        if not transaction:
            return
        lines = ['install %s %s' % (package, package.returnIdSum()[1]) for package in transaction.install_set]
        lines += ['remove %s' % package for package in transaction.remove_set]
        with open('${directory}/${SET}', 'w') as told:
            told.write('\\n'.join(sorted(lines)))
`;
}

/** Makes `directory`, on this host, for one call of dnf. */
export async function openTelling(directory: string, tell: Tell): Promise<Telling> {
  await mkdir(directory);
  await writeFile(join(directory, `${NAME}.py`), dnfPlugin(tell, TELLING));
  return {
    options: [`--enableplugin=${NAME}`],
    mounts: [{ source: directory, target: TELLING }],
    async set() {
      const text = await readUntrusted(join(directory, SET), LONGEST_SET);
      return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
    },
  };
}
