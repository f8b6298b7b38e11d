import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { CHANGING, REPOSITORY } from './flags.ts';
import { RegistryChange } from './registry-change.ts';
import { parseArtifact } from './sides.ts';

export class RegistryImport extends RegistryChange<typeof RegistryImport> {
  static override summary = 'Take over the packages of another repository, without building them again';
  static override description =
    'LOCATION is an http or https URL, or a directory on the machine of the publisher: what reprepro, aptly, createrepo_c or Fatbuildr 2.1 made, below imports.roots of its fatbuildr.yml. Files are not changed; RPM packages are signed anew. All or none is published.';
  static override strict = false;
  static override args = {
    location: Args.string({ description: 'URL or directory of the repository', required: true }),
    artifacts: Args.string({ description: 'Artifacts, as NAME or NAME=VERSION; by default all' }),
  };
  static override examples = [
    '<%= config.bin %> registry import -d bookworm /srv/reprepro --suite bookworm --key old.asc',
    '<%= config.bin %> registry import -d el9 -f rpm https://old.example.org/el9/x86_64/ --dry-run',
  ];
  static override flags = {
    ...REPOSITORY,
    derivative: Flags.string({ description: 'Derivative to import into', default: 'main' }),
    suite: Flags.string({ description: 'Suite of an APT repository; by default the distribution' }),
    component: Flags.string({ description: 'Component of an APT repository; by default the derivative' }),
    key: Flags.string({
      description: 'File of the public key that signed the repository, armoured',
      exclusive: ['unsigned'],
    }),
    unsigned: Flags.boolean({ description: 'Believe what a web server serves as it is, for want of a signature' }),
    expired: Flags.boolean({ description: 'Believe a signed Release whose time is over, or is yet to come' }),
    'skip-conflicts': Flags.boolean({ description: 'Leave out packages that are there with other content' }),
    ...CHANGING,
  };

  async run(): Promise<void> {
    const { distribution, format, derivative, suite, component, key, unsigned, expired } = this.flags;
    const { location } = this.args;
    const source = {
      location: /^https?:\/\//.test(location) ? location : resolve(location),
      suite,
      component,
      unsigned,
      expired,
      publicKey: key === undefined ? undefined : await readFile(key, 'utf8'),
    };
    const skipConflicts = this.flags['skip-conflicts'];
    const artifacts = this.words.slice(1).map(parseArtifact);
    const { id } = await this.instance();
    await this.change(
      (dryRun) =>
        this.client.importIntoRegistry({
          params: { instance: id },
          body: { format, distribution, derivative, source, artifacts, skipConflicts, dryRun },
        }),
      this.flags,
    );
  }
}
