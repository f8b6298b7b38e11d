import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { dateTime } from '../../output/units.ts';
import { workerName } from './worker-name.ts';

const LOOPBACK = /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/;

export class WorkersAdd extends FarmCommand<typeof WorkersAdd> {
  static override summary = 'Let a new build host join: prints the one command to run there';
  static override args = { name: workerName };
  static override flags = {
    pool: Flags.string({ description: 'Pool of build hosts that it belongs to', default: 'default' }),
    'for-instance': Flags.string({
      description: 'An instance that it serves; may be given again. By default all',
      multiple: true,
    }),
  };

  async run(): Promise<void> {
    const instances = this.flags['for-instance'];
    const invitation = await this.client.addWorker({
      body: { name: this.args.name, pool: this.flags.pool, ...(instances ? { instances } : {}) },
    });
    const { name, api, token, expires } = invitation;
    if (LOOPBACK.test(api)) {
      this.say(`No other host can reach ${api}: set api.listen.host and api.publicUrl, or put another address there.`);
    }
    this.say(`Run this on ${name}, as root, once and before ${dateTime(expires)}:`);
    this.print(invitation, () => `fatbuildrd worker --api ${api} --token ${token}\n`);
  }
}
