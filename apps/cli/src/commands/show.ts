import * as Args from '@oclif/core/args';
import { FarmCommand } from '../farm-command.ts';
import { taskDetail } from '../output/task-words.ts';

export class Show extends FarmCommand<typeof Show> {
  static override summary = 'Show a task: jobs, attempts with host and phases, cause, files';
  static override args = { task: Args.string({ description: 'Task, or the beginning of its id', required: true }) };

  async run(): Promise<void> {
    const task = await this.client.task({ params: { task: this.args.task } });
    this.print(task, () => taskDetail(task));
  }
}
