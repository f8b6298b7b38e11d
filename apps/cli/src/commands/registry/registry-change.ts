import type { Task } from '@fatbuildr/domain';
import { statusOfOutcome } from '../../exit-status.ts';
import type { CommandDescription } from '../../farm-command.ts';
import { followTask } from '../../follow.ts';
import { confirm, mustBeAbleToAsk } from '../../output/confirm.ts';
import { ending } from '../../output/task-words.ts';
import { TaskFollower } from '../../task-follower.ts';
import { previewWords } from './preview-words.ts';

/** A command that changes repositories: it shows what would change and asks, unless it is told not to. */
export abstract class RegistryChange<T extends CommandDescription> extends TaskFollower<T> {
  protected async change(
    submit: (dryRun: boolean) => Promise<Task>,
    { yes, batch, 'dry-run': dryRun }: { yes: boolean; batch: boolean; 'dry-run': boolean },
  ): Promise<void> {
    if (!dryRun && !yes && !(await this.agreed(submit))) return;
    await this.submitted(await submit(dryRun), batch);
  }

  /** Whether somebody who saw what would change says yes; false when that could not be found out. */
  private async agreed(submit: (dryRun: boolean) => Promise<Task>): Promise<boolean> {
    mustBeAbleToAsk('This changes what is published.', 'Say --yes to go on, --dry-run to see what it would do.');
    const { id } = await submit(true);
    const task = await followTask(this.client, id, { onAttempt: async () => {}, signal: new AbortController().signal });
    if (task.outcome !== 'success' || !task.preview) {
      this.say(ending(task));
      process.exitCode = statusOfOutcome(task.outcome);
      return false;
    }
    this.say(previewWords(task.preview));
    await confirm('Go on?');
    return true;
  }
}
