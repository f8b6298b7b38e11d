import { TaskFollower } from '../../task-follower.ts';
import { BATCH, ENVIRONMENT_FILTERS, FORCE, filters } from './filters.ts';

export class EnvironmentsCreate extends TaskFollower<typeof EnvironmentsCreate> {
  static override summary = 'Create the build environments on every host that lacks them';
  static override flags = { ...ENVIRONMENT_FILTERS, ...FORCE, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { force, batch } = this.flags;
    const body = { operation: 'create' as const, force, ...filters(this.flags) };
    await this.submitted(await this.client.environmentOperation({ params: { instance: id }, body }), batch);
  }
}

export class EnvironmentsUpdate extends TaskFollower<typeof EnvironmentsUpdate> {
  static override summary = 'Update the build environments: a new generation, while running builds keep theirs';
  static override flags = { ...ENVIRONMENT_FILTERS, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { operation: 'update' as const, ...filters(this.flags) };
    await this.submitted(await this.client.environmentOperation({ params: { instance: id }, body }), this.flags.batch);
  }
}
