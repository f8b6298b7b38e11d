import { FarmCommand } from '../../farm-command.ts';
import { table } from '../../output/table.ts';
import { bytes, dateTime } from '../../output/units.ts';

export class WorkersList extends FarmCommand<typeof WorkersList> {
  static override summary = 'List the build hosts';

  async run(): Promise<void> {
    const { workers } = await this.client.workers({});
    this.print(workers, () =>
      table(
        ['ID', 'NAME', 'STATE', 'POOL', 'INSTANCES', 'ARCH', 'BUSY', 'DISK FREE', 'SEEN', 'CONTAINERS'],
        workers.map((one) => [
          one.id,
          one.name,
          one.state,
          one.pool,
          one.instances?.join(',') ?? 'all',
          one.architectures.join(','),
          `${one.busy}/${one.slots}`,
          one.disk === null ? '' : bytes(one.disk.free),
          dateTime(one.seen),
          one.driver,
        ]),
      ),
    );
    for (const { name, reason } of workers) if (reason !== null) this.say(`${name} gets no new jobs: ${reason}`);
    for (const { name, state, warnings } of workers) {
      if (state !== 'offline') for (const warning of warnings) this.say(`${name}: ${warning}`);
    }
  }
}
