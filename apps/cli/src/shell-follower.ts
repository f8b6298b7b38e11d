import type { Attempt, TaskDetail } from '@fatbuildr/domain';
import type { TerminalEnd } from '@fatbuildr/domain/client-side';
import { statusOfOutcome } from './exit-status.ts';
import type { CommandDescription } from './farm-command.ts';
import { UsageError } from './output/report-error.ts';
import { ending } from './output/task-words.ts';
import { type LogTaker, TaskFollower } from './task-follower.ts';
import { attach } from './terminal/attach.ts';

/** A command that puts its user at a shell, and ends with the status of that. */
export abstract class ShellFollower<T extends CommandDescription> extends TaskFollower<T> {
  /** How the shell ended, if there was one. */
  private end: TerminalEnd | undefined;

  protected override async follow(id: string): Promise<void> {
    if (this.flags.json) throw new UsageError('A shell is no JSON.', 'Leave out --json.');
    await super.follow(id);
  }

  protected override async read(task: TaskDetail, { id }: Attempt, _: LogTaker, signal: AbortSignal): Promise<void> {
    // a build that failed has that to tell, and goes on to do so
    const abandon = task.kind === 'shell' ? () => this.client.cancel({ params: { task: task.id } }) : undefined;
    this.end = await attach(this.client, { task: task.id, attempt: id, offset: this.from(), signal, abandon });
  }

  /** Byte of the log to begin at; undefined: the last of it. */
  protected abstract from(): number | undefined;

  /** As the shell ended; where it did not end by itself, as its task did. */
  protected override async ended(task: TaskDetail): Promise<void> {
    const status = this.end?.status ?? null;
    if (status === null) this.say(ending(task));
    process.exitCode = status ?? statusOfOutcome(task.outcome);
  }
}
