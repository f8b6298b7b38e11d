import type { WorkerView } from '@fatbuildr/domain';
import { FarmCommand } from '../../farm-command.ts';
import { bytes, dateTime } from '../../output/units.ts';
import { workerName } from './worker-name.ts';

export class WorkersShow extends FarmCommand<typeof WorkersShow> {
  static override summary = 'Show a build host and what it holds';
  static override args = { name: workerName };

  async run(): Promise<void> {
    const worker = await this.client.worker({ params: { worker: this.args.name } });
    this.print(worker, () => workerInWords(worker));
  }
}

function workerInWords(worker: WorkerView): string {
  const facts: [string, string][] = [
    ['name', worker.name],
    ['id', worker.id],
    ['state', worker.reason === null ? worker.state : `${worker.state}: ${worker.reason}`],
    ['seen', dateTime(worker.seen)],
    ['pool', worker.pool],
    ['instances', worker.instances?.join(', ') ?? 'all'],
    ['architectures', worker.architectures.join(', ')],
    ['jobs', `${worker.busy} of ${worker.slots}`],
    ['disk', worker.disk === null ? 'unknown' : `${bytes(worker.disk.free)} free of ${bytes(worker.disk.total)}`],
    ['containers', worker.driver],
    ['version', worker.version],
    ...worker.trees.map((tree): [string, string] => [tree.kind, `${tree.name}, ${dateTime(tree.created)}`]),
    ...worker.warnings.map((warning): [string, string] => ['warning', warning]),
  ];
  return facts.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join('');
}
