import type { Task, TaskDetail } from '@fatbuildr/domain';
import { EXIT, statusOfOutcome } from './exit-status.ts';
import { type CommandDescription, FarmCommand } from './farm-command.ts';
import { followTask } from './follow.ts';
import { ending, subject, target } from './output/task-words.ts';
import { terminalSafe } from './output/terminal-safe.ts';

/** A wait shorter than this is the way things go. */
const WORTH_SAYING_MS = 1_500;

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
    const onSignal = () => interrupt.abort();
    process.once('SIGINT', onSignal);
    try {
      const task = await followTask(this.client, id, { signal: interrupt.signal, ...this.handlers() });
      if (this.flags.json) await writeLine({ type: 'task', task });
      else this.say(ending(task));
      process.exitCode = statusOfOutcome(task.outcome);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      this.say(
        `\nStopped watching; the task goes on. See "fatbuildrctl watch ${id}", end it with "fatbuildrctl cancel ${id}".`,
      );
      process.exitCode = EXIT.interrupted;
    } finally {
      process.off('SIGINT', onSignal);
    }
  }

  private handlers() {
    if (this.flags.json) {
      return {
        onLog: (bytes: Uint8Array, attempt: string, offset: number) =>
          writeLine({ type: 'log', attempt, offset, text: Buffer.from(bytes).toString('utf8') }),
      };
    }
    const safe = terminalSafe();
    const waiting = { reason: null as string | null, since: 0, said: false };
    return {
      onLog: (bytes: Uint8Array) => write(process.stdout.isTTY ? safe(bytes) : bytes),
      onTask: (task: TaskDetail) => {
        if (task.waiting !== waiting.reason) {
          Object.assign(waiting, { reason: task.waiting, since: Date.now(), said: false });
        } else if (waiting.reason && !waiting.said && Date.now() - waiting.since > WORTH_SAYING_MS) {
          this.say(`Waiting: ${waiting.reason}`);
          waiting.said = true;
        }
      },
    };
  }
}

function writeLine(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value)}\n`);
}

/** Resolves when stdout has taken it, so that a slow reader slows the stream and not the memory. */
function write(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(data, () => resolve()));
}
