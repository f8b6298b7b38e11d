import * as Args from '@oclif/core/args';
import { FarmCommand } from '../farm-command.ts';
import { ending } from '../output/task-words.ts';

export class Cancel extends FarmCommand<typeof Cancel> {
  static override summary = 'Cancel a task, whatever it is at';
  static override args = { task: Args.string({ description: 'Task, or the beginning of its id', required: true }) };

  async run(): Promise<void> {
    const { id } = await this.client.task({ params: { task: this.args.task } });
    const task = await this.client.cancel({ params: { task: id } });
    this.print(task, () => `${ending(task, process.stdout)}\n`);
  }
}
