import type { Attempt, TaskDetail } from '@fatbuildr/domain';
import * as Args from '@oclif/core/args';
import { UsageError } from '../output/report-error.ts';
import { ShellFollower } from '../shell-follower.ts';
import type { LogTaker } from '../task-follower.ts';
import { shellPhase } from '../terminal/until-shell.ts';

export class Join extends ShellFollower<typeof Join> {
  static override summary = 'Join the shell of a task: of "images shell", or of a build that failed with --interactive';
  static override description =
    'Several people may be in one shell: all see the same, and each may type. "~." at the beginning of a line leaves; "exit" ends the shell for all.';
  static override args = { task: Args.string({ description: 'Task, or the beginning of its id', required: true }) };

  async run(): Promise<void> {
    const { id, state } = await this.client.task({ params: { task: this.args.task } });
    if (state === 'done') {
      throw new UsageError(`Task ${id} has ended, and its shell with it.`, `"fatbuildrctl watch ${id}" shows its log.`);
    }
    await this.follow(id);
  }

  protected override from(): undefined {
    return undefined;
  }

  protected override async read(task: TaskDetail, attempt: Attempt, take: LogTaker, signal: AbortSignal) {
    if (attempt.ended !== null) return;
    if (task.kind === 'build' && !shellPhase(task, attempt.id)) {
      this.say('The shell opens if the build fails. Ctrl-C stops waiting for it.');
    }
    await super.read(task, attempt, take, signal);
  }
}
