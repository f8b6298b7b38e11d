import * as Flags from '@oclif/core/flags';
import { FarmCommand } from '../../farm-command.ts';
import { confirm } from '../../output/confirm.ts';
import { workerName } from './worker-name.ts';

export class WorkersDrain extends FarmCommand<typeof WorkersDrain> {
  static override summary = 'Give a build host no new jobs; what runs there goes on';
  static override args = { name: workerName };

  async run(): Promise<void> {
    const worker = await this.client.drainWorker({ params: { worker: this.args.name } });
    const rest = worker.busy === 0 ? 'Nothing runs there.' : `${worker.busy} still run there.`;
    this.say(`${worker.name} gets no new jobs. ${rest}`);
    if (this.flags.json) this.print(worker, () => '');
  }
}

export class WorkersResume extends FarmCommand<typeof WorkersResume> {
  static override summary = 'Give a drained or quarantined build host jobs again';
  static override args = { name: workerName };

  async run(): Promise<void> {
    const worker = await this.client.resumeWorker({ params: { worker: this.args.name } });
    this.say(
      worker.reason === null ? `${worker.name} gets jobs again.` : `${worker.name} still gets none: ${worker.reason}.`,
    );
    if (this.flags.json) this.print(worker, () => '');
  }
}

export class WorkersRemove extends FarmCommand<typeof WorkersRemove> {
  static override summary = 'Remove a build host at once; what runs there is tried elsewhere';
  static override args = { name: workerName };
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'Do not ask' }) };

  async run(): Promise<void> {
    const { name } = this.args;
    if (!this.flags.yes) await confirm(`Remove ${name}? What runs there is lost; its secret is worth nothing after.`);
    await this.client.removeWorker({ params: { worker: name } });
    this.say(`${name} is removed.`);
  }
}
