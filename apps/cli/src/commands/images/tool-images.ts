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
  batch: Flags.boolean({ description: 'Print the id of the task and leave' }),
};

export class ImagesCreate extends TaskFollower<typeof ImagesCreate> {
  static override summary = 'Create the tool images on every host that lacks them';
  static override flags = {
    ...FLAGS,
    force: Flags.boolean({ description: 'Make a new generation where there is one already' }),
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { format, force, batch } = this.flags;
    const body = { operation: 'create' as const, force, ...(format ? { formats: format as Format[] } : {}) };
    await this.submitted(await this.client.imageOperation({ params: { instance: id }, body }), batch);
  }
}

export class ImagesUpdate extends TaskFollower<typeof ImagesUpdate> {
  static override summary = 'Update the tool images: a new generation, while running builds keep theirs';
  static override flags = FLAGS;

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { format, batch } = this.flags;
    const body = { operation: 'update' as const, ...(format ? { formats: format as Format[] } : {}) };
    await this.submitted(await this.client.imageOperation({ params: { instance: id }, body }), batch);
  }
}
