import type { Attempt, Task, TaskDetail } from '@fatbuildr/domain';
import { EXIT, statusOfOutcome } from './exit-status.ts';
import { type CommandDescription, FarmCommand } from './farm-command.ts';
import { followTask } from './follow.ts';
import { ending, subject, target } from './output/task-words.ts';
import { terminalSafe } from './output/terminal-safe.ts';
import { write } from './output/write.ts';
import { Left } from './terminal/left.ts';

/** A wait shorter than this is the way things go. */
const WORTH_SAYING_MS = 1_500;

/** Takes what an attempt logs. */
export type LogTaker = (bytes: Uint8Array, offset: number) => Promise<void>;

/** A command that submits or watches a task and ends as the task ends. */
export abstract class TaskFollower<T extends CommandDescription> extends FarmCommand<T> {
  /** With `batch`: prints the id and leaves. Otherwise follows the task to its end. */
  protected async submitted(task: Task, batch: boolean): Promise<void> {
    if (batch) {
      this.print(task, () => `${task.id}\n`);
      return;
    }
    this.say(`Task ${task.id}: ${subject(task)} for ${target(task)}`);
    await this.follow(task.id);
  }

  /** Logs go to stdout, all else to stderr; with `--json` one object a line. Sets the exit status. */
  protected async follow(id: string): Promise<void> {
    const interrupt = new AbortController();
    const { signal } = interrupt;
    const onSignal = () => interrupt.abort();
    process.once('SIGINT', onSignal);
    const take = this.taker();
    try {
      const task = await followTask(this.client, id, {
        signal,
        ...(this.flags.json ? {} : { onTask: this.reasons() }),
        onAttempt: (found, attempt) =>
          this.read(found, attempt, (bytes, offset) => take(bytes, offset, attempt.id), signal),
      });
      await this.ended(task);
    } catch (error) {
      if (error instanceof Left) return this.left(id);
      if (!signal.aborted) throw error;
      await this.interrupted(id);
      process.exitCode = EXIT.interrupted;
    } finally {
      process.off('SIGINT', onSignal);
    }
  }

  /** Follows one attempt to its end. */
  protected async read(_: TaskDetail, { id }: Attempt, onBytes: LogTaker, signal: AbortSignal): Promise<void> {
    await this.client.followLog(id, { onBytes, signal });
  }

  /** Says how the task ended, and ends like it. */
  protected async ended(task: TaskDetail): Promise<void> {
    if (this.flags.json) await writeLine({ type: 'task', task });
    else this.say(ending(task));
    process.exitCode = statusOfOutcome(task.outcome);
  }

  /** Ctrl-C. */
  protected async interrupted(id: string): Promise<void> {
    this.say(
      `\nStopped watching; the task goes on. See "fatbuildrctl watch ${id}", end it with "fatbuildrctl cancel ${id}".`,
    );
  }

  private left(id: string): void {
    this.say(
      `Left the shell; it goes on. Back with "fatbuildrctl join ${id}", end it with "fatbuildrctl cancel ${id}".`,
    );
    process.exitCode = EXIT.success;
  }

  private taker(): (bytes: Uint8Array, offset: number, attempt: string) => Promise<void> {
    if (this.flags.json) {
      return (bytes, offset, attempt) =>
        writeLine({ type: 'log', attempt, offset, text: Buffer.from(bytes).toString('utf8') });
    }
    const safe = terminalSafe();
    return (bytes) => write(process.stdout, process.stdout.isTTY ? safe(bytes) : bytes);
  }

  /** Says why the task waits, when it does for long. */
  private reasons(): (task: TaskDetail) => void {
    const waiting = { reason: null as string | null, since: 0, said: false };
    return (task) => {
      if (task.waiting !== waiting.reason) {
        Object.assign(waiting, { reason: task.waiting, since: Date.now(), said: false });
      } else if (waiting.reason && !waiting.said && Date.now() - waiting.since > WORTH_SAYING_MS) {
        this.say(`Waiting: ${waiting.reason}`);
        waiting.said = true;
      }
    };
  }
}

function writeLine(value: unknown): Promise<void> {
  return write(process.stdout, `${JSON.stringify(value)}\n`);
}
