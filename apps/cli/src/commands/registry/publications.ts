import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { everyPage } from '../../output/pages.ts';
import { table } from '../../output/table.ts';
import { dateTime } from '../../output/units.ts';
import { REPOSITORY } from './flags.ts';

export class RegistryPublications extends FarmCommand<typeof RegistryPublications> {
  static override summary = 'List the publications of a repository that are kept, newest first';
  static override flags = {
    ...REPOSITORY,
    limit: Flags.integer({ description: 'At most so many', default: 50, min: 1, max: 100_000 }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { distribution, format, limit } = this.flags;
    const params = { instance: id, format, distribution };
    const publications = await everyPage(
      (query) => this.client.publications({ params, query }),
      (page) => page.publications,
      limit,
    );
    this.print(publications, () =>
      publications.length === 0
        ? `Nothing was published for ${distribution}.\n`
        : table(
            ['REVISION', 'WHEN', 'ADDED', 'REMOVED', '', 'TASKS'],
            publications.map((one) => [
              String(one.revision),
              dateTime(one.created),
              `+${one.added}`,
              `-${one.removed}`,
              one.current ? 'current' : '',
              one.tasks.join(' '),
            ]),
          ),
    );
  }
}
