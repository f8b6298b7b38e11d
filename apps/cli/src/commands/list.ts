import type { Outcome, Task } from '@fatbuildr/domain';
import { expiryWarning, OUTCOMES } from '@fatbuildr/domain/client-side';
import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../farm-command.ts';
import { everyPage } from '../output/pages.ts';
import { taskTable } from '../output/task-words.ts';

const FILTERS = {
  artifact: Flags.string({ char: 'a', description: 'Only builds of this artifact' }),
  distribution: Flags.string({ char: 'd', description: 'Only tasks for this distribution' }),
  limit: Flags.integer({ description: 'At most so many', default: 50, min: 1, max: 10_000 }),
};

export class List extends FarmCommand<typeof List> {
  static override summary = 'List what runs and what waits, with the reason';
  static override flags = FILTERS;

  async run(): Promise<void> {
    const tasks = await this.tasks('active');
    this.print(tasks, () =>
      tasks.length === 0 ? 'Nothing that fits is running or queued.\n' : taskTable(tasks, Date.now()),
    );
  }

  protected async tasks(state: 'active' | 'done', outcome?: Outcome): Promise<Task[]> {
    const { id, keyExpires, formats } = await this.instance();
    // Told to those who may renew it, where they look every day.
    const warning = expiryWarning({ instance: id, rpm: 'rpm' in formats }, keyExpires, Date.now());
    if (warning) this.say(warning);
    const { limit, artifact, distribution } = this.flags;
    const filter = { instance: id, state, artifact, distribution, outcome };
    return everyPage(
      (page) => this.client.tasks({ query: { ...filter, ...page } }),
      (page) => page.tasks,
      limit,
    );
  }
}

export class History extends List {
  static override summary = 'List the tasks that ended, newest first';
  static override flags = {
    ...FILTERS,
    outcome: Flags.string({ description: 'Only tasks that ended so', options: OUTCOMES }),
  };

  override async run(): Promise<void> {
    const tasks = await this.tasks('done', (this.flags as { outcome?: Outcome }).outcome);
    this.print(tasks, () => (tasks.length === 0 ? 'No task that has ended fits.\n' : taskTable(tasks, Date.now())));
  }
}
