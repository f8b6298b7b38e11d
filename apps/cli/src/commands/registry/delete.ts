import type { Format } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { confirm } from '../../output/confirm.ts';
import { UsageError } from '../../output/report-error.ts';
import { TaskFollower } from '../../task-follower.ts';
import { packageTable } from './list.ts';

export class RegistryDelete extends TaskFollower<typeof RegistryDelete> {
  static override summary = 'Withdraw an artifact: its source package and all that was built from it';
  static override args = { artifact: Args.string({ description: 'Artifact (source package)' }) };
  static override flags = {
    artifact: Flags.string({ char: 'a', description: 'Artifact, as in Fatbuildr 2.1' }),
    distribution: Flags.string({ char: 'd', description: 'Distribution', required: true }),
    format: Flags.string({ char: 'f', description: 'Format', default: 'deb', options: ['deb', 'rpm', 'osi'] }),
    derivative: Flags.string({ description: 'Derivative', default: 'main' }),
    version: Flags.string({ description: 'Only this version of the source package' }),
    yes: Flags.boolean({ description: 'Do not ask' }),
    'dry-run': Flags.boolean({ description: 'Show what would go, and change nothing' }),
    batch: Flags.boolean({ description: 'Print the id of the task and leave' }),
  };

  async run(): Promise<void> {
    const { flags } = this;
    const artifact = this.args.artifact ?? flags.artifact;
    if (artifact === undefined)
      throw new UsageError('Delete which artifact?', 'fatbuildrctl registry delete -d DIST NAME');
    const { id } = await this.instance();
    const format = flags.format as Format;
    const { packages } = await this.client.registryPackage({
      params: { instance: id, format, distribution: flags.distribution, name: artifact },
      query: { derivative: flags.derivative },
    });
    const going = packages.filter(
      ({ source }) => source.name === artifact && (flags.version === undefined || source.version === flags.version),
    );
    if (going.length === 0) {
      throw new UsageError(
        `No version ${flags.version ?? ''} of ${artifact} is published for ${flags.distribution}.`,
        `Published: ${[...new Set(packages.map(({ source }) => source.version))].join(', ')}`,
      );
    }
    if (flags['dry-run']) {
      this.print(going, () => packageTable(going));
      return;
    }
    if (!flags.yes) {
      this.say(packageTable(going));
      await confirm(`Withdraw these ${going.length} packages?`);
    }
    const task = await this.client.deleteFromRegistry({
      params: { instance: id },
      body: {
        format,
        distribution: flags.distribution,
        derivative: flags.derivative,
        artifact,
        ...(flags.version === undefined ? {} : { version: flags.version }),
      },
    });
    await this.submitted(task, flags.batch);
  }
}
