import * as Args from '@oclif/core/args';
import { UsageError } from '../output/report-error.ts';
import { subject, target } from '../output/task-words.ts';
import { TaskFollower } from '../task-follower.ts';

export class Watch extends TaskFollower<typeof Watch> {
  static override summary = 'Follow the log of a task to its end; ends as the task ends';
  static override args = { task: Args.string({ description: 'Task; by default the one that runs' }) };

  async run(): Promise<void> {
    const task = this.args.task ? await this.client.task({ params: { task: this.args.task } }) : await this.running();
    this.say(`Task ${task.id}: ${subject(task)} for ${target(task)}`);
    await this.follow(task.id);
  }

  private async running() {
    const { id } = await this.instance();
    const { tasks } = await this.client.tasks({ query: { instance: id, state: 'active' } });
    const [found] = tasks.toReversed().sort((a, b) => Number(b.state !== 'queued') - Number(a.state !== 'queued'));
    if (found) return found;
    throw new UsageError('Nothing is running or queued.', 'fatbuildrctl history shows what ended.');
  }
}
