import * as Flags from '@oclif/core/flags';
import { parseSpan } from '../../moment.ts';
import { UsageError } from '../../output/report-error.ts';
import { CHANGING } from './flags.ts';
import { RegistryChange } from './registry-change.ts';

export class RegistryGc extends RegistryChange<typeof RegistryGc> {
  static override summary = 'Remove publications, indexes and packages that nobody needs any more';
  static override description =
    'The farm does so by itself every day. What was replaced or withdrawn less than the grace ago stays, for clients that read the lists before.';
  static override flags = {
    grace: Flags.string({ description: 'How long things stay: 12h, 3d, 2w; by default as configured' }),
    keep: Flags.integer({ description: 'Newest publications to keep of each repository, however old', min: 1 }),
    ...CHANGING,
  };

  async run(): Promise<void> {
    const { grace, keep } = this.flags;
    const span = grace === undefined ? undefined : parseSpan(grace);
    if (grace !== undefined && span === undefined) {
      throw new UsageError(`"${grace}" is not a length of time.`, 'Write 90m, 12h, 3d or 2w.');
    }
    const { id } = await this.instance();
    const graceHours = span === undefined ? undefined : span / 3_600_000;
    await this.change(
      (dryRun) =>
        this.client.collectRegistry({ params: { instance: id }, body: { graceHours, keepPublications: keep, dryRun } }),
      this.flags,
    );
  }
}
