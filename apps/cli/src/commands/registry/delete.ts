import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../output/report-error.ts';
import { CHANGING, REPOSITORY } from './flags.ts';
import { RegistryChange } from './registry-change.ts';

export class RegistryDelete extends RegistryChange<typeof RegistryDelete> {
  static override summary = 'Withdraw an artifact: its source package and all that was built from it';
  static override args = { artifact: Args.string({ description: 'Artifact (source package)' }) };
  static override flags = {
    ...REPOSITORY,
    artifact: Flags.string({ char: 'a', description: 'Artifact, as in Fatbuildr 2.1' }),
    derivative: Flags.string({ description: 'Derivative', default: 'main' }),
    version: Flags.string({ description: 'Only this version of the source package' }),
    architecture: Flags.string({ description: 'Only packages for this architecture; "source" for the source package' }),
    ...CHANGING,
  };

  async run(): Promise<void> {
    const { distribution, format, derivative, version, architecture } = this.flags;
    const artifact = this.args.artifact ?? this.flags.artifact;
    if (artifact === undefined) {
      throw new UsageError('Delete which artifact?', 'fatbuildrctl registry delete -d DIST NAME');
    }
    const { id } = await this.instance();
    await this.change(
      (dryRun) =>
        this.client.deleteFromRegistry({
          params: { instance: id },
          body: { format, distribution, derivative, artifact, version, architecture, dryRun },
        }),
      this.flags,
    );
  }
}
