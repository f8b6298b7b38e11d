import * as Args from '@oclif/core/args';
import { UsageError } from '../../output/report-error.ts';
import { CHANGING, REPOSITORY } from './flags.ts';
import { RegistryChange } from './registry-change.ts';

export class RegistryRollback extends RegistryChange<typeof RegistryRollback> {
  static override summary = 'Publish once more what an earlier publication held';
  static override args = { revision: Args.string({ description: 'Its revision', required: true }) };
  static override flags = { ...REPOSITORY, ...CHANGING };

  async run(): Promise<void> {
    const { distribution, format } = this.flags;
    const revision = Number(this.args.revision);
    if (!Number.isSafeInteger(revision) || revision < 1) {
      throw new UsageError(
        `"${this.args.revision}" is not a revision.`,
        `See them with: fatbuildrctl registry publications -d ${distribution}`,
      );
    }
    const { id } = await this.instance();
    await this.change(
      (dryRun) => this.client.rollBack({ params: { instance: id }, body: { format, distribution, revision, dryRun } }),
      this.flags,
    );
  }
}
