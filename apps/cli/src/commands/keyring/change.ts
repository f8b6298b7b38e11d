import * as Flags from '@oclif/core/flags';
import { confirm } from '../../output/confirm.ts';
import { TaskFollower } from '../../task-follower.ts';
import { parseValidity } from '../../validity.ts';

const DURATION = { duration: Flags.string({ description: 'Validity from now: 90d, 12w, 6m, 2y', default: '2y' }) };
export const BATCH = { batch: Flags.boolean({ description: 'Print the id of the task and leave' }) };

export class KeyringCreate extends TaskFollower<typeof KeyringCreate> {
  static override summary = 'Create the signing key, and the repositories, empty and signed';
  static override flags = { ...DURATION, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { validityDays: parseValidity(this.flags.duration) };
    await this.submitted(await this.client.createKeyring({ params: { instance: id }, body }), this.flags.batch);
  }
}

export class KeyringRenew extends TaskFollower<typeof KeyringRenew> {
  static override summary = 'Move the expiry of the signing key; the key stays the same';
  static override flags = { ...DURATION, ...BATCH };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const body = { validityDays: parseValidity(this.flags.duration) };
    await this.submitted(await this.client.renewKeyring({ params: { instance: id }, body }), this.flags.batch);
  }
}

export class KeyringRotate extends TaskFollower<typeof KeyringRotate> {
  static override summary = 'Have another key follow: first announce it, then switch, at last retire the old one';
  static override flags = {
    ...DURATION,
    overlap: Flags.string({ description: 'Time for clients to learn the new key, before and after', default: '30d' }),
    switch: Flags.boolean({ description: 'Let the new key take over now', exclusive: ['finish'] }),
    finish: Flags.boolean({ description: 'Retire the old key; its secret is removed' }),
    yes: Flags.boolean({ description: 'Do not ask' }),
    ...BATCH,
  };

  async run(): Promise<void> {
    const { id } = await this.instance();
    const { finish, yes } = this.flags;
    if (finish && !yes) await confirm('Clients that know the old key alone will refuse the repositories. Retire it?');
    const step = finish ? 'finish' : this.flags.switch ? 'switch' : 'start';
    const body = {
      step,
      validityDays: parseValidity(this.flags.duration),
      overlapDays: parseValidity(this.flags.overlap),
    } as const;
    await this.submitted(await this.client.rotateKeyring({ params: { instance: id }, body }), this.flags.batch);
  }
}
