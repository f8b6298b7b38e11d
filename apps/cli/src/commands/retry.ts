import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { TaskFollower } from '../task-follower.ts';

export class Retry extends TaskFollower<typeof Retry> {
  static override summary = 'Submit a finished task once more, as a new task';
  static override args = { task: Args.string({ description: 'Task, or the beginning of its id', required: true }) };
  static override flags = { batch: Flags.boolean({ description: 'Print the id of the new task and leave' }) };

  async run(): Promise<void> {
    const { id } = await this.client.task({ params: { task: this.args.task } });
    await this.submitted(await this.client.retry({ params: { task: id } }), this.flags.batch);
  }
}
