import type { Format } from '@fatbuildr/domain';
import * as Flags from '@oclif/core/flags';
import { TaskFollower } from '../../task-follower.ts';

const FLAGS = {
  format: Flags.string({
    char: 'f',
    description: 'Only this format',
    options: ['deb', 'rpm', 'osi'],
    multiple: true,
    multipleNonGreedy: true,
  }),
  distribution: Flags.string({
    char: 'd',
    description: 'Only for this distribution',
    multiple: true,
    multipleNonGreedy: true,
  }),
  architecture: Flags.string({ description: 'Only for this architecture', multiple: true, multipleNonGreedy: true }),
  batch: Flags.boolean({ description: 'Print the id of the task and leave' }),
};

interface Filters {
  format?: string[] | undefined;
  distribution?: string[] | undefined;
  architecture?: string[] | undefined;
}

const filters = ({ format, distribution, architecture }: Filters) => ({
  ...(format ? { formats: format as Format[] } : {}),
  ...(distribution ? { distributions: distribution } : {}),
  ...(architecture ? { architectures: architecture } : {}),
});

export class EnvironmentsCreate extends TaskFollower<typeof EnvironmentsCreate> {
  static override summary = 'Create the build environments on every host that lacks them';
  static override flags = {
    ...FLAGS,
    force: Flags.boolean({ description: 'Make a new generation where there is one already' }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { force, batch } = this.flags;
    const body = { operation: 'create' as const, force, ...filters(this.flags) };
    await this.submitted(await this.client.environmentOperation({ params: { instance: id }, body }), batch);
  }
}

export class EnvironmentsUpdate extends TaskFollower<typeof EnvironmentsUpdate> {
  static override summary = 'Update the build environments: a new generation, while running builds keep theirs';
  static override flags = FLAGS;

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { operation: 'update' as const, ...filters(this.flags) };
    await this.submitted(await this.client.environmentOperation({ params: { instance: id }, body }), this.flags.batch);
  }
}
