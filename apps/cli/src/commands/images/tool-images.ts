import { TaskFollower } from '../../task-follower.ts';
import { BATCH, FORCE, filters, IMAGE_FILTERS } from './filters.ts';

export class ImagesCreate extends TaskFollower<typeof ImagesCreate> {
  static override summary = 'Create the tool images on every host that lacks them';
  static override flags = { ...IMAGE_FILTERS, ...FORCE, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { force, batch } = this.flags;
    const body = { operation: 'create' as const, force, ...filters(this.flags) };
    await this.submitted(await this.client.imageOperation({ params: { instance: id }, body }), batch);
  }
}

export class ImagesUpdate extends TaskFollower<typeof ImagesUpdate> {
  static override summary = 'Update the tool images: a new generation, while running builds keep theirs';
  static override flags = { ...IMAGE_FILTERS, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { operation: 'update' as const, ...filters(this.flags) };
    await this.submitted(await this.client.imageOperation({ params: { instance: id }, body }), this.flags.batch);
  }
}
