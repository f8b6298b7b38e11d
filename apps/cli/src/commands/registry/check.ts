import * as Flags from '@oclif/core/flags';
import { TaskFollower } from '../../task-follower.ts';
import { CHANGING } from './flags.ts';

export class RegistryCheck extends TaskFollower<typeof RegistryCheck> {
  static override summary = 'Read every published file again, and mend what is damaged';
  static override description =
    'Compares the files of the pool and the indexes with what was recorded when they were published, and tells of those that nothing names. Indexes are written anew, packages taken from the builds that are kept; what stays damaged fails the task.';
  static override flags = {
    'dry-run': Flags.boolean({ description: 'Tell what is damaged, and mend nothing' }),
    batch: CHANGING.batch,
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { 'dry-run': dryRun, batch } = this.flags;
    await this.submitted(await this.client.checkRegistry({ params: { instance: id }, body: { dryRun } }), batch);
  }
}
